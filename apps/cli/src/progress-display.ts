import type { Host } from "./host.ts";
import { limits } from "./limits.ts";
import { progressLine, transferText, type TransferState } from "./progress-line.ts";

const CLEAR_LINE = "\r\u001b[2K";

/** Shows how far a transfer is: redrawn in place on a terminal, a plain line now and then elsewhere. */
export class ProgressDisplay {
  readonly #host: Host;
  readonly #state: () => TransferState;
  readonly #timer: NodeJS.Timeout;

  constructor(host: Host, state: () => TransferState) {
    this.#host = host;
    this.#state = state;
    const { isTty } = host.terminal.errors;
    this.#timer = setInterval(() => this.#show(), isTty ? limits.progressRedrawMs : limits.progressLineMs);
  }

  /** Leaves a clean line. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#host.terminal.errors.isTty) void this.#host.terminal.errors.write(CLEAR_LINE);
  }

  #show(): void {
    const { errors } = this.#host.terminal;
    const state = this.#state();
    void errors.write(
      errors.isTty ? `${CLEAR_LINE}${progressLine(state, errors.columns)}` : `${transferText(state)}\n`,
    );
  }
}
