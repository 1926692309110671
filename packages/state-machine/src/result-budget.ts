import { limits, utf8ByteLength, type KeyValueEntry } from "@aspenjs/api";

/** What one write may answer with. Results are kept in the session tables of every replica, so they are bounded. */
export class ResultBudget {
  #entryCount = 0;
  #byteLength = 0;

  /** Whether the entry still fits. */
  take({ key, value }: KeyValueEntry): boolean {
    this.#entryCount += 1;
    this.#byteLength += utf8ByteLength(key) + value.byteLength;
    return this.#entryCount <= limits.resultEntriesMax && this.#byteLength <= limits.resultBytesMax;
  }
}
