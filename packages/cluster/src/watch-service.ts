import type { Clock, Logger, PeerId, Revision, Transport, TransportStream, WatchFilter } from "@aspenjs/api";
import { PROTOCOL_IDS } from "@aspenjs/protocol";
import type { WatchHub } from "./watch-hub.ts";
import { WatchSession } from "./watch-session.ts";

export interface WatchServiceDeps {
  readonly transport: Transport;
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authorize: (peerId: PeerId, filter?: WatchFilter) => void;
  readonly freshRevision: () => Promise<Revision>;
  readonly hasLeader: () => boolean;
  /** What may wait for one client. */
  readonly queueBytesMax: number;
}

/** Serves watches over `/aspen/watch/1`: any node, from what it has applied itself. */
export class WatchService {
  readonly #deps: WatchServiceDeps;
  readonly #places = { taken: 0 };

  constructor(deps: WatchServiceDeps) {
    this.#deps = deps;
    deps.transport.handle(PROTOCOL_IDS.watch, { onStream: (stream) => this.#serve(stream) });
  }

  async #serve(stream: TransportStream): Promise<void> {
    const { hub, clock, logger, authorize, freshRevision, hasLeader, queueBytesMax } = this.#deps;
    const { peerId } = stream;
    authorize(peerId);
    const session = new WatchSession({
      stream,
      hub,
      clock,
      logger,
      authorize: (filter) => authorize(peerId, filter),
      freshRevision,
      hasLeader,
      queueBytesMax,
      places: this.#places,
    });
    await session.run();
  }
}
