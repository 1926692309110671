import type { PeerGate, ProtocolHandlers } from "@aspenjs/api";
import { ByteBudget } from "../src/byte-budget.ts";
import { encodeHello } from "../src/hello.ts";
import { FrameBuffer } from "../src/frame-buffer.ts";
import { FrameDecoder } from "../src/frame-decoder.ts";
import { FRAME_KINDS, PROTOCOL_VERSION, type FrameKind } from "../src/frame-kind.ts";
import { resolveLimits, type TransportLimits } from "../src/limits.ts";
import { PeerSessions } from "../src/peer-sessions.ts";
import { ProtocolRegistry } from "../src/protocol-registry.ts";
import { RefusalLog } from "../src/refusal-log.ts";
import type { LinkReceiver, SessionLink } from "../src/session-link.ts";
import { createVirtualClock, type VirtualClock } from "../src/testing/virtual-clock.ts";
import type { Session } from "../src/session.ts";

/** A link whose other end is the test itself. */
export class ScriptedLink implements SessionLink {
  readonly peerId: string;
  readonly isDialer: boolean;
  readonly writes: Uint8Array[] = [];
  isWritable = true;
  isClosed = false;
  #receiver: LinkReceiver | undefined;

  constructor(peerId: string, isDialer: boolean) {
    this.peerId = peerId;
    this.isDialer = isDialer;
  }

  attach(receiver: LinkReceiver): void {
    this.#receiver = receiver;
  }

  write(bytes: Uint8Array): boolean {
    this.writes.push(bytes);
    return this.isWritable;
  }

  close(): void {
    this.isClosed = true;
  }

  feed(bytes: Uint8Array): void {
    this.#receiver?.onData(bytes);
  }

  drain(): void {
    this.isWritable = true;
    this.#receiver?.onWritable();
  }

  lose(): void {
    this.#receiver?.onClosed();
  }

  /** Hex of what was written since the last call. */
  takeHex(): string {
    return Buffer.concat(this.writes.splice(0)).toString("hex");
  }

  takeFrames(): DecodedFrame[] {
    return decodeFrames(Buffer.concat(this.writes.splice(0)));
  }
}

export interface DecodedFrame {
  readonly kind: string;
  readonly id: number;
  readonly body: Uint8Array;
}

const KIND_NAMES = new Map<number, string>(Object.entries(FRAME_KINDS).map(([name, kind]) => [kind, name]));

export function decodeFrames(bytes: Uint8Array): DecodedFrame[] {
  const frames: DecodedFrame[] = [];
  const decoder = new FrameDecoder(2 * 1_048_576, (kind, id, body) => {
    frames.push({ kind: KIND_NAMES.get(kind) ?? "unknown", id, body: body.slice() });
    return undefined;
  });
  const fault = decoder.push(bytes);
  if (fault !== undefined) throw new Error(fault.message);
  return frames;
}

export function frame(kind: FrameKind, id: number, body?: Uint8Array, first?: number, second?: number): Uint8Array {
  const buffer = new FrameBuffer();
  buffer.writeFrame(kind, id, body, first, second);
  return buffer.take() ?? new Uint8Array(0);
}

export const LOCAL_ID = "peer-b";
/** Higher than ours: this side decides. */
export const REMOTE_ID = "peer-c";
/** Lower than ours: the other side decides. */
export const DECIDER_ID = "peer-a";

export const INSTANCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
export const OPEN_GATE: PeerGate = { mayConnect: () => true, mayUse: () => true };

export interface Script {
  readonly clock: VirtualClock;
  readonly link: ScriptedLink;
  readonly session: Session;
  readonly sessions: PeerSessions;
  readonly events: string[];
  readonly logged: string[];
}

export interface ScriptOptions {
  readonly peerId?: string;
  readonly isDialer?: boolean;
  readonly limits?: Partial<TransportLimits>;
  readonly gate?: PeerGate;
  readonly handlers?: Readonly<Record<string, ProtocolHandlers>>;
}

/** A session over a scripted link; nothing has been said yet. */
export function startScript(options: ScriptOptions = {}): Script {
  const clock = createVirtualClock();
  const limits = resolveLimits(options.limits);
  const registry = new ProtocolRegistry(limits);
  for (const [protocol, handlers] of Object.entries(options.handlers ?? {})) registry.add(protocol, handlers);
  const logged: string[] = [];
  const logger = { log: (_level: string, message: string) => void logged.push(message), child: () => logger };
  const events: string[] = [];
  const sessions = new PeerSessions(
    {
      localPeerId: LOCAL_ID,
      hello: { instance: INSTANCE },
      limits,
      clock,
      logger,
      gate: options.gate ?? OPEN_GATE,
      registry,
      refusals: new RefusalLog(clock, logger, limits.refusalLinesPerSecondMax),
      incomingBytes: new ByteBudget(() => limits.incomingBytesTotalMax),
    },
    (event) => events.push(`${event.kind} ${event.peerId}`),
  );
  const link = new ScriptedLink(options.peerId ?? REMOTE_ID, options.isDialer ?? true);
  const session = sessions.adopt(link);
  if (session === undefined) throw new Error("the session was not adopted");
  return { clock, link, session, sessions, events, logged };
}

export function helloFrame(version: number = PROTOCOL_VERSION, instance: Uint8Array = INSTANCE): Uint8Array {
  return frame(FRAME_KINDS.hello, version, encodeHello({ instance }));
}

/** The same, greeted and open, with nothing left unread. */
export async function openScript(options: ScriptOptions = {}): Promise<Script> {
  const script = startScript(options);
  script.link.feed(helloFrame());
  if (!script.session.isDecider) script.link.feed(frame(FRAME_KINDS.accept, 0));
  await script.clock.advance(0);
  script.link.takeHex();
  return script;
}
