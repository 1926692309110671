import { limitedLogger, type Clock, type ErrorCode, type LogFields, type Logger, type PeerId } from "@aspenjs/api";

/** One line per refusal, and no flood of lines from a flood of frames. */
export class RefusalLog {
  readonly #logger: Logger;

  constructor(clock: Clock, logger: Logger, linesPerSecondMax: number) {
    const kindOf = (_message: string, { what, code }: LogFields): string => `${String(what)} ${String(code)}`;
    this.#logger = limitedLogger({ logger, clock, linesPerSecondMax, kindOf });
  }

  refused(peerId: PeerId, what: string, code: ErrorCode, protocol?: string): void {
    this.#logger.log("warn", "refused", { peerId, what, code, ...(protocol !== undefined && { protocol }) });
  }
}
