import type { PeerId } from "@aspenjs/api";

export interface LinkReceiver {
  /** The bytes are the receiver's during the call only. */
  onData(bytes: Uint8Array): void;
  /** After `write` answered `false`: there is room again. */
  onWritable(): void;
  /** Once, at the end, whoever ended it. Nothing follows. */
  onClosed(): void;
}

/**
 * An ordered, reliable, two-way run of bytes to one authenticated peer: what an adapter gives to a session.
 * None of its methods throws.
 */
export interface SessionLink {
  readonly peerId: PeerId;
  /** Whether this side dialled. */
  readonly isDialer: boolean;
  attach(receiver: LinkReceiver): void;
  /** Takes the bytes over. `false`: accepted, and `onWritable` says when to go on. */
  write(bytes: Uint8Array): boolean;
  /** Sends what was written, as far as the peer still reads, and closes. */
  close(): void;
}
