/**
 * The bytes of one command in the replicated log. They are hashed, kept for ever and read by replicas of other
 * versions, so every bound that the reader checks is asserted by the writer: a command that cannot be decoded would
 * stop every replica at once.
 *
 * One row: `[version, logTimeMs, session | null, action]`. The action stands last, so that its bytes are the end of
 * the command's bytes: they are what makes two tries of one command equal (`logCommandActionBytes`), whatever leader
 * stamped them and whatever the client had acknowledged by then. C1 to C4 hold for them.
 */
import { assert, type LeaseId, type LogAction } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row, type RowReader } from "@aspenjs/codec";
import { leaseIdsCell, readLeaseIds } from "./lease-row.ts";
import { LOG_COMMAND_BYTES_MAX, protocolLimits } from "./limits.ts";
import { readSessionReference, sessionReferenceRow, type SessionReference } from "./session-reference.ts";
import { integerCell } from "./value-cell.ts";
import { readWriteCommandOfKind, WRITE_KIND_MAX, WRITE_KIND_MIN, writeCommandRow } from "./write-command-row.ts";

/** A write without a session is not protected against retries. `SESSION_RULES` are those of the other kinds. */
export interface LogCommand {
  /** The leader's log time when it proposed this. Whole milliseconds. */
  readonly logTimeMs: number;
  readonly session?: SessionReference;
  readonly action: LogAction;
}

const FORMAT_VERSION = 1;

/** The kinds between these are those of writes (`write-command-row.ts`). */
const ACTION_KIND_MAX = 14;
const OPEN_SESSION = 0;
const CLOSE_SESSION = 1;
const RENEW_LEASES = 12;
const EXPIRE_LEASES = 13;
const EXTEND_LEASES = 14;
assert(CLOSE_SESSION < WRITE_KIND_MIN && WRITE_KIND_MAX < RENEW_LEASES, "every action has a kind of its own");

/** A kind that is not here may name a session or not. */
const SESSION_RULES: { readonly [Kind in LogAction["kind"]]?: "none" | "one" } = {
  openSession: "none",
  closeSession: "one",
  renewLeases: "none",
  expireLeases: "none",
  extendLeases: "none",
};

/** The gate has let the command pass: what does not fit here is a bug and fails an assertion. */
export function encodeLogCommand({ logTimeMs, session, action }: LogCommand): Uint8Array {
  const problem = sessionProblem(session, action);
  assert(problem === undefined, problem ?? "");
  const bytes = encodeRow([
    FORMAT_VERSION,
    integerCell("a log time", logTimeMs),
    session === undefined ? null : sessionReferenceRow(session),
    logActionRow(action),
  ]);
  assert(bytes.byteLength <= LOG_COMMAND_BYTES_MAX, "an encoded command fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeLogCommand` does not write */
export function decodeLogCommand(bytes: Uint8Array): LogCommand {
  const row = decodeRow(bytes, LOG_COMMAND_BYTES_MAX);
  row.integer("version", FORMAT_VERSION, FORMAT_VERSION);
  const logTimeMs = row.integer("logTimeMs");
  const session = row.optional((cells) => readSessionReference(cells.row("session")));
  const action = readLogAction(row.row("action"));
  row.end();
  const problem = sessionProblem(session, action);
  if (problem !== undefined) throw new DecodeError(problem);
  return session === undefined ? { logTimeMs, action } : { logTimeMs, session, action };
}

/**
 * The part of an encoded command that says what to do, without when and for whom: a view, not a copy.
 * Only for bytes that `decodeLogCommand` accepted.
 */
export function logCommandActionBytes(bytes: Uint8Array): Uint8Array {
  // Head of the row and version are one byte each.
  let offset = skipInteger(bytes, 2);
  if (bytes[offset] === CBOR_NULL) offset += 1;
  else offset = skipInteger(bytes, skipInteger(bytes, skipInteger(bytes, offset + 1)));
  assert(offset < bytes.byteLength, "an action follows the session");
  return bytes.subarray(offset);
}

const CBOR_NULL = 0xf6;
/** Additional information of a CBOR head: below this the value itself, from here on 1, 2, 4 or 8 bytes follow. */
const CBOR_ONE_BYTE_FOLLOWS = 24;

function skipInteger(bytes: Uint8Array, offset: number): number {
  const head = bytes[offset] ?? 0;
  return head < CBOR_ONE_BYTE_FOLLOWS ? offset + 1 : offset + 1 + 2 ** (head - CBOR_ONE_BYTE_FOLLOWS);
}

function sessionProblem(session: SessionReference | undefined, { kind }: LogAction): string | undefined {
  const rule = SESSION_RULES[kind];
  if (rule === "none" && session !== undefined) return `${kind} names no session`;
  if (rule === "one" && session === undefined) return `${kind} names a session`;
  return undefined;
}

/** @param transactionBytesMax keys, values and bounds of a transaction */
export function logActionRow(action: LogAction, transactionBytesMax?: number): Row {
  switch (action.kind) {
    case "openSession":
      return [OPEN_SESSION];
    case "closeSession":
      return [CLOSE_SESSION];
    case "renewLeases":
      return [RENEW_LEASES, leaseBatchCell(action.leaseIds)];
    case "expireLeases":
      return [EXPIRE_LEASES, leaseBatchCell(action.leaseIds)];
    case "extendLeases":
      return [EXTEND_LEASES];
    default:
      return writeCommandRow(action, transactionBytesMax);
  }
}

/** Reads the row to its end. @throws DecodeError */
export function readLogAction(row: RowReader, transactionBytesMax?: number): LogAction {
  const kind = row.integer("kind", 0, ACTION_KIND_MAX);
  if (kind >= WRITE_KIND_MIN && kind <= WRITE_KIND_MAX) return readWriteCommandOfKind(kind, row, transactionBytesMax);
  const action = readActionOfKind(kind, row);
  row.end();
  return action;
}

function readActionOfKind(kind: number, row: RowReader): LogAction {
  switch (kind) {
    case OPEN_SESSION:
      return { kind: "openSession" };
    case CLOSE_SESSION:
      return { kind: "closeSession" };
    case RENEW_LEASES:
      return { kind: "renewLeases", leaseIds: readLeaseBatch(row) };
    case EXPIRE_LEASES:
      return { kind: "expireLeases", leaseIds: readLeaseBatch(row) };
    default:
      return { kind: "extendLeases" };
  }
}

function leaseBatchCell(leaseIds: readonly LeaseId[]): Row {
  assert(leaseIds.length > 0, "an action on leases names at least one");
  return leaseIdsCell(leaseIds, protocolLimits.leaseBatchMax);
}

function readLeaseBatch(row: RowReader): LeaseId[] {
  const leaseIds = readLeaseIds(row, protocolLimits.leaseBatchMax);
  if (leaseIds.length === 0) throw new DecodeError("an action on leases names at least one");
  return leaseIds;
}
