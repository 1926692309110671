import { AspenError, type Clock, type Logger, type PeerGate, type PeerId, type ProtocolHandlers } from "@aspenjs/api";
import type { ByteCursor } from "./byte-cursor.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { TransportLimits } from "./limits.ts";
import type { OutgoingQueue } from "./outgoing-queue.ts";
import type { IncomingProtocolNames, OutgoingProtocolNames } from "./protocol-names.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { forbidden } from "./transport-error.ts";

/** What the tables of one session have in common. */
export interface SessionContext {
  readonly peerId: PeerId;
  readonly isDialer: boolean;
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gate: PeerGate;
  readonly refusals: RefusalLog;
  readonly queue: OutgoingQueue;
  readonly outgoingNames: OutgoingProtocolNames;
  readonly incomingNames: IncomingProtocolNames;
  /** For bodies that this side has received and not done with. */
  readonly incomingBytes: ByteBudget;
  /** Reads the fields of the frame at hand. */
  readonly cursor: ByteCursor;
}

export type Admission<Handler> =
  | { readonly kind: "admitted"; readonly protocol: string; readonly handler: Handler }
  | { readonly kind: "refused"; readonly error: AspenError }
  | SessionFault;

/**
 * Whether this peer may use this protocol now, and what answers to it. Membership comes first: a stranger does not
 * learn which protocols there are.
 */
export function admit<Handler>(
  context: SessionContext,
  protocolNumber: number,
  what: string,
  handlerOf: (handlers: ProtocolHandlers) => Handler | undefined,
): Admission<Handler> {
  const named = context.incomingNames.get(protocolNumber);
  if (named === undefined) return violation("a protocol is named before it is used");
  const { protocol } = named;
  if (!context.gate.mayUse(context.peerId, protocol)) {
    context.refusals.refused(context.peerId, what, "forbidden", protocol);
    return { kind: "refused", error: forbidden() };
  }
  const handler = named.handlers === undefined ? undefined : handlerOf(named.handlers);
  if (handler === undefined) {
    context.refusals.refused(context.peerId, what, "unsupported", protocol);
    return { kind: "refused", error: new AspenError("unsupported", "nothing answers to this protocol") };
  }
  return { kind: "admitted", protocol, handler };
}
