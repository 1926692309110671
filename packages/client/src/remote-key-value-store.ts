import {
  assertWriteCommand,
  type CallOptions,
  type GetRequest,
  type GetResult,
  type KeyValueStore,
  type ScanRequest,
  type ScanResult,
  type WriteCommand,
  type WriteResultOf,
} from "@aspenjs/api";
import type { CallDriver } from "./call-driver.ts";
import { getKeyRequest, scanKeysRequest } from "./request-gate.ts";
import type { WriteSession } from "./write-session.ts";

export class RemoteKeyValueStore implements KeyValueStore {
  readonly #driver: CallDriver;
  readonly #session: WriteSession;

  constructor(driver: CallDriver, session: WriteSession) {
    this.#driver = driver;
    this.#session = session;
  }

  async write<Command extends WriteCommand>(command: Command, options?: CallOptions): Promise<WriteResultOf<Command>> {
    assertWriteCommand(command);
    const result = await this.#session.write(command, options);
    return result as WriteResultOf<Command>;
  }

  async get(request: GetRequest, options?: CallOptions): Promise<GetResult> {
    const gated = getKeyRequest(request);
    return this.#driver.run({ ...options, repeatability: "repeatable" }, (call) =>
      this.#driver.ask(call, "get", () => gated),
    );
  }

  async scan(request: ScanRequest, options?: CallOptions): Promise<ScanResult> {
    const gated = scanKeysRequest(request);
    return this.#driver.run({ ...options, repeatability: "repeatable" }, (call) =>
      this.#driver.ask(call, "scan", () => gated),
    );
  }
}
