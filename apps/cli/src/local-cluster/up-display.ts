import type { OutputStream } from "../host.ts";

/** Where `aspen up` shows itself: lines that stay, and below them the present state. */
export interface UpDisplay {
  line(text: string): void;
  /** Lines that replace the ones of the time before. */
  status(text: string): void;
  /** The last state stays on the screen. */
  end(): void;
}

/** On a terminal: the state is redrawn in place, below everything else. */
export class LiveUpDisplay implements UpDisplay {
  readonly #output: OutputStream;
  #status = "";

  constructor(output: OutputStream) {
    this.#output = output;
  }

  line(text: string): void {
    void this.#output.write(`${this.#erasure()}${text}\n${this.#status}`);
  }

  status(text: string): void {
    const next = `${text}\n`;
    if (next === this.#status) return;
    const erasure = this.#erasure();
    this.#status = next;
    void this.#output.write(`${erasure}${next}`);
  }

  end(): void {
    this.#status = "";
  }

  /** Up to the first line of the state, and everything from there on gone. */
  #erasure(): string {
    const lines = this.#status.split("\n").length - 1;
    return lines === 0 ? "" : `\u001b[${lines}A\r\u001b[0J`;
  }
}

/** Anywhere else: what happens, line by line. */
export class PlainUpDisplay implements UpDisplay {
  readonly #output: OutputStream;

  constructor(output: OutputStream) {
    this.#output = output;
  }

  line(text: string): void {
    void this.#output.write(`${text}\n`);
  }

  status(): void {}

  end(): void {}
}
