import type { CallOptions } from "../call-options.ts";
import { assertUserKey } from "../key.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import type { GetRequest, GetResult, ReadLabel, ScanRequest, ScanResult } from "../read.ts";
import type { WriteCommand, WriteResultOf } from "../write-command.ts";
import { assertWriteCommand } from "../write-gate.ts";
import { assertStillWanted } from "./call-gate.ts";
import { encodeContinuation } from "../continuation.ts";
import { KeyValueState } from "./key-value-state.ts";
import { assertReadOptions, scanQuery } from "../scan-gate.ts";

/**
 * An empty store that behaves as a cluster does to a client: the same gates, revisions, orders, pages and errors. Calls
 * take effect in the order in which they are made, so that a program under test runs the same way every time. Nothing
 * is kept when the process ends.
 *
 * Every read is linearizable, whatever weaker consistency it asked for, and says so.
 */
export function createMemoryKeyValueStore(): KeyValueStore {
  return new MemoryKeyValueStore();
}

class MemoryKeyValueStore implements KeyValueStore {
  readonly #state = new KeyValueState();
  #appliedIndex = 0;

  async write<Command extends WriteCommand>(command: Command, options?: CallOptions): Promise<WriteResultOf<Command>> {
    assertStillWanted(options);
    assertWriteCommand(command);
    // Like an entry of the log, a command counts whether or not it changes anything.
    this.#appliedIndex += 1;
    return this.#state.apply(command) as WriteResultOf<Command>;
  }

  async get(request: GetRequest, options?: CallOptions): Promise<GetResult> {
    assertStillWanted(options);
    assertReadOptions(request);
    assertUserKey(request.key);
    return { ...this.#label(), entry: this.#state.get(request.key) };
  }

  async scan(request: ScanRequest, options?: CallOptions): Promise<ScanResult> {
    assertStillWanted(options);
    const query = scanQuery(request);
    const page = this.#state.scan(query);
    const last = page.entries.at(-1);
    if (!page.isTruncated || last === undefined) return { ...this.#label(), ...page };
    const continuation = encodeContinuation({ after: last.key, reverse: query.reverse });
    return { ...this.#label(), ...page, continuation };
  }

  #label(): ReadLabel {
    return { consistency: "linearizable", appliedIndex: this.#appliedIndex, revision: this.#state.revision };
  }
}
