import type { PeerId } from "@aspenjs/api";
import type { SessionLink } from "./session-link.ts";

/** What an adapter brings: authenticated links to peers, in both directions. Sessions, limits and redialling are ours. */
export interface SessionBackend {
  readonly localPeerId: PeerId;
  /** Known after `start`; each is accepted by `dial` elsewhere. */
  readonly addresses: readonly string[];
  /** `onLink` is called for every link that a peer opened. */
  start(onLink: (link: SessionLink) => void): Promise<void>;
  /** Closes every link and what accepts new ones. */
  stop(): Promise<void>;
  /** The peer that the address itself names, if it does. Throws `AspenError` for text that is no address. */
  peerIdOf(address: string): PeerId | undefined;
  /**
   * Rejects with `AspenError`: `forbidden` (our gate), `unavailable`, or the signal's reason. With `expected`, only
   * that peer is an answer.
   */
  dial(address: string, expected: PeerId | undefined, signal: AbortSignal): Promise<SessionLink>;
}
