import type { CallOptions } from "./call-options.ts";
import type { GetRequest, GetResult, ScanRequest, ScanResult } from "./read.ts";
import type { WriteCommand, WriteResultOf } from "./write-command.ts";

/**
 * A linearizable key-value store. Keys order by their UTF-8 bytes.
 * Every method rejects with `AspenError` and nothing else, unless it meets a bug.
 */
export interface KeyValueStore {
  /** Takes effect exactly once, however often the store has to retry on the way. */
  write<Command extends WriteCommand>(command: Command, options?: CallOptions): Promise<WriteResultOf<Command>>;
  get(request: GetRequest, options?: CallOptions): Promise<GetResult>;
  scan(request: ScanRequest, options?: CallOptions): Promise<ScanResult>;
}
