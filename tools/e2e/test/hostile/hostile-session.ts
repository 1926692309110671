import type { Stream } from "@libp2p/interface";
import { eventually, within } from "../../src/bounded-wait.ts";
import { errorCodeOf, frame, helloFrame, KIND, readFrames, type Frame } from "./session-frame.ts";

const GREET_MS_MAX = 5_000;

/** The attacker's end of one session: raw bytes out, whole frames in. */
export class HostileSession {
  readonly #stream: Stream;
  readonly #isDecider: boolean;
  readonly #pieces: Uint8Array[] = [];
  readonly #closed: Promise<void>;

  constructor(stream: Stream, isDecider: boolean) {
    this.#stream = stream;
    this.#isDecider = isDecider;
    stream.addEventListener("message", (event) => this.#pieces.push(Uint8Array.from(event.data.subarray())));
    this.#closed = new Promise((resolve) => {
      stream.addEventListener("close", () => resolve());
      stream.addEventListener("remoteCloseWrite", () => resolve());
    });
  }

  get frames(): readonly Frame[] {
    return readFrames(Buffer.concat(this.#pieces));
  }

  send(...bytes: readonly Uint8Array[]): void {
    if (this.#stream.writeStatus === "writable") this.#stream.send(Buffer.concat(bytes));
  }

  /** As an honest peer would, so that the session opens. */
  async greet(): Promise<void> {
    this.send(helloFrame());
    if (this.#isDecider) this.send(frame(KIND.accept, 0));
    const awaited = this.#isDecider ? KIND.hello : KIND.accept;
    await eventually(GREET_MS_MAX, "the greeting", () => this.frames.some(({ kind }) => kind === awaited));
  }

  /** The code of the goodbye with which the other side ended the session; nothing when it ended without one. */
  async goodbye(withinMs: number): Promise<string | undefined> {
    await within(withinMs, "the session ends", this.#closed);
    const last = this.frames.at(-1);
    return last?.kind === KIND.goodbye ? errorCodeOf(last) : undefined;
  }
}
