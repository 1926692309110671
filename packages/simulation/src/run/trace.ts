import { createHash } from "node:crypto";

export type TraceKind =
  /** A process starts, ends, stands still, goes on. */
  | "life"
  /** A node plays another part in consensus. */
  | "role"
  /** What the node itself wrote to its log. */
  | "log"
  | "fault"
  | "operator"
  | "call"
  | "watch"
  | "verdict";

export interface TraceLine {
  readonly atUs: number;
  readonly kind: TraceKind;
  /** Whom it is about: a node, a client, a part of the simulation. */
  readonly who: string;
  readonly text: string;
}

const CHUNK_LINES = 256;

/**
 * What happened, line by line. Every line counts for the hash: two runs with one hash did the same things at the same
 * times. Whoever wants the lines listens.
 */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #nowUs: () => number;
  readonly #onLine: ((line: TraceLine) => void) | undefined;
  #unhashed: string[] = [];

  constructor(nowUs: () => number, onLine?: (line: TraceLine) => void) {
    this.#nowUs = nowUs;
    this.#onLine = onLine;
  }

  note(kind: TraceKind, who: string, text: string): void {
    const line: TraceLine = { atUs: this.#nowUs(), kind, who, text };
    this.#onLine?.(line);
    this.#unhashed.push(traceText(line));
    if (this.#unhashed.length >= CHUNK_LINES) this.#absorb();
  }

  /** The end of the trace; `eventDigest` stands for the events that left no line. */
  digest(eventDigest: number): string {
    this.#unhashed.push(String(eventDigest));
    this.#absorb();
    return this.#hash.digest("hex");
  }

  #absorb(): void {
    this.#hash.update(this.#unhashed.join("\n") + "\n");
    this.#unhashed = [];
  }
}

export function traceText({ atUs, kind, who, text }: TraceLine): string {
  return `${(atUs / 1_000_000).toFixed(6).padStart(11)} ${who.padEnd(9)} ${kind.padEnd(8)} ${text}`;
}
