import type { Random } from "@aspenjs/api";

const SECTOR_BYTES = 512;
const PER_MILLE = 1_000;

/** What a power cut spares of that which nobody made durable: of every part by chance, that many in a thousand. */
export interface CutMercy {
  readonly random: Random;
  readonly keptPerMille: number;
}

export function isSpared({ random, keptPerMille }: CutMercy): boolean {
  return random.below(PER_MILLE) < keptPerMille;
}

type Change = { readonly endedMicros: number } & (
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly byteLength: number }
);

/** The content of a file: what is durable, and in their order the changes that are not. */
export class DiskFile {
  readonly kind = "file";
  readonly #durable: Content;
  #pending: Change[] = [];

  constructor(durable: Uint8Array = new Uint8Array()) {
    this.#durable = new Content(durable);
  }

  change(change: Change): void {
    this.#pending.push(change);
  }

  /** Whatever had returned when the sync began is durable now. */
  sync(startedMicros: number): void {
    this.#settle((change) => change.endedMicros <= startedMicros);
  }

  /** A write that syncs itself takes nothing along but what it covers. */
  syncRange(offset: number, byteLength: number, endedMicros: number): void {
    this.#settle((change) => {
      const isOver = change.kind === "truncate" || overlaps(change, offset, byteLength);
      return isOver && change.endedMicros <= endedMicros;
    });
  }

  /** As every process sees it now. */
  live(): Uint8Array {
    return this.#afterCut(() => true);
  }

  afterCut(mercy: CutMercy): Uint8Array {
    return this.#afterCut(() => isSpared(mercy));
  }

  /** Whether it may be this that every process sees: of a change in which the process died, any part may have come. */
  mayHold(bytes: Uint8Array): boolean {
    const all = this.live();
    const certain = this.#durable.copy();
    for (const change of this.#pending) if (change.endedMicros !== Infinity) apply(certain, change, () => true);
    const sure = certain.bytes();
    const lengths = [all.length, sure.length];
    if (bytes.length < Math.min(...lengths) || bytes.length > Math.max(...lengths)) return false;
    return bytes.every((byte, index) => byte === (all[index] ?? 0) || byte === (sure[index] ?? 0));
  }

  #settle(isDurable: (change: Change) => boolean): void {
    for (const change of this.#pending.filter(isDurable)) apply(this.#durable, change, () => true);
    this.#pending = this.#pending.filter((change) => !isDurable(change));
  }

  #afterCut(isKept: () => boolean): Uint8Array {
    const content = this.#durable.copy();
    for (const change of this.#pending) apply(content, change, isKept);
    return content.bytes();
  }
}

/** Disks write whole sectors, each on its own. */
function apply(content: Content, change: Change, isKept: () => boolean): void {
  if (change.kind === "truncate") {
    if (isKept()) content.truncate(change.byteLength);
    return;
  }
  const end = change.offset + change.bytes.length;
  for (let from = change.offset; from < end;) {
    const to = Math.min(end, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (isKept()) content.write(from, change.bytes.subarray(from - change.offset, to - change.offset));
    from = to;
  }
}

function overlaps(change: Change & { readonly kind: "write" }, offset: number, byteLength: number): boolean {
  return change.offset < offset + byteLength && offset < change.offset + change.bytes.length;
}

/** Bytes that grow; what was never written between is zero. */
class Content {
  #buffer: Uint8Array;
  #byteLength: number;

  constructor(bytes: Uint8Array) {
    this.#buffer = bytes;
    this.#byteLength = bytes.length;
  }

  copy(): Content {
    return new Content(this.bytes().slice());
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#byteLength);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#reserve(offset + bytes.length);
    this.#buffer.set(bytes, offset);
    this.#byteLength = Math.max(this.#byteLength, offset + bytes.length);
  }

  truncate(byteLength: number): void {
    this.#reserve(byteLength);
    if (byteLength < this.#byteLength) this.#buffer.fill(0, byteLength, this.#byteLength);
    this.#byteLength = byteLength;
  }

  #reserve(byteLength: number): void {
    if (byteLength <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(byteLength, 2 * this.#buffer.length));
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}
