import { AspenError, type Clock, type Logger, type LogIndex, type PeerId, type Transport } from "@aspenjs/api";
import { PROTOCOL_IDS } from "@aspenjs/protocol";
import { limits } from "./limits.ts";
import type { LogFeed } from "./log-feed.ts";
import { LogSession } from "./log-session.ts";

export interface LogServiceDeps {
  readonly transport: Transport;
  readonly feed: LogFeed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authorize: (peerId: PeerId, keyPrefixes: readonly string[]) => readonly string[];
  readonly freshIndex: () => Promise<LogIndex>;
  readonly committedIndex: () => LogIndex;
  readonly hasLeader: () => boolean;
}

/** Serves the log over `/aspen/log/1`: any node, from its own. */
export class LogService {
  #subscribers = 0;

  constructor(deps: LogServiceDeps) {
    deps.transport.handle(PROTOCOL_IDS.log, {
      onStream: async (stream) => {
        const authorize = (keyPrefixes: readonly string[]) => deps.authorize(stream.peerId, keyPrefixes);
        const session = new LogSession({ ...deps, stream, authorize });
        await this.#counted(() => session.run());
      },
    });
  }

  async #counted(run: () => Promise<void>): Promise<void> {
    const { logSubscribersMax: max } = limits;
    if (this.#subscribers >= max) throw new AspenError("resource_exhausted", `a node tells its log to ${max} at most`);
    this.#subscribers += 1;
    try {
      await run();
    } finally {
      this.#subscribers -= 1;
    }
  }
}
