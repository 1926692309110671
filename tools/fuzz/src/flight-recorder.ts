import { ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * The input that is being decoded, in a file: some inputs end the process, as a table that outgrows the heap does, and
 * nobody in it can say which. Gone when the process ends by itself.
 */
export class FlightRecorder {
  readonly path = join(mkdtempSync(join(tmpdir(), "aspen-fuzz-")), "last-input.bin");
  readonly #descriptor = openSync(this.path, "w");

  constructor() {
    process.once("exit", () => rmSync(dirname(this.path), { recursive: true, force: true }));
  }

  record(input: Uint8Array): void {
    ftruncateSync(this.#descriptor, input.byteLength);
    if (input.byteLength > 0) writeSync(this.#descriptor, input, 0, input.byteLength, 0);
  }
}
