import type { LogEntry } from "@aspenjs/api";
import type { LogAction } from "@aspenjs/protocol";
import { bytesOf, LogScript } from "../src/testing/index.ts";

/** A pseudo-random number below `bound`, from a number: the same in every process. */
export function noise(seed: number, bound: number): number {
  let mixed = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
}

export const CRASH_LOG_LENGTH = 20_000;

/** Each of these is granted, bound to, renewed and ended again and again. */
const LEASE_IDS = Array.from({ length: 8 }, (_, position) => 1_000_000 + position);

/** One fixed log: writes in and out of sessions, retries, leases that come and go, members, time that passes. */
export function crashLog(): readonly LogEntry[] {
  const log = new LogScript();
  let sessionId = 0;
  let sequence = 0;
  while (log.entries.length < CRASH_LOG_LENGTH) {
    const index = log.nextIndex;
    const kind = noise(index, 20);
    log.logTimeMs += kind;
    if (sessionId === 0 || noise(index + 1, 500) === 0) {
      sessionId = index;
      sequence = 0;
      log.command({ kind: "openSession" });
    } else if (kind < 6) {
      log.command(actionAt(index));
    } else if (kind < 8) {
      log.command(leaseActionAt(index));
    } else if (kind < 18) {
      sequence += 1;
      const acknowledgedThrough = Math.max(0, sequence - 1 - noise(index, 30));
      const reference = { sessionId, sequence, acknowledgedThrough };
      log.command(actionAt(index), reference);
      if (kind === 17) log.command(actionAt(index), reference);
    } else if (kind === 18) log.membership([1, 2, 2 + (index % 7)].filter((id, i, ids) => ids.indexOf(id) === i));
    else log.blank();
  }
  return log.entries.slice(0, CRASH_LOG_LENGTH);
}

function actionAt(index: number): LogAction {
  const key = `key/${noise(index, 400)}`;
  const value = bytesOf(`${index} `.repeat(noise(index + 7, 300)));
  const leaseId = LEASE_IDS[noise(index + 5, LEASE_IDS.length)] ?? 0;
  const other = `key/${noise(index + 9, 400)}`;
  switch (noise(index + 3, 12)) {
    case 6:
      return { kind: "leaseGrant", leaseId, ttlMs: 2_000 };
    case 7:
      return { kind: "set", key, value, leaseId };
    case 8:
      return { kind: "set", key, value, ttlMs: 500 + noise(index, 1_000) };
    case 9:
      return {
        kind: "transaction",
        compares: [{ key, target: "version", operator: "<", number: 3 }],
        success: [
          { kind: "set", key: `bound/${noise(index, 50)}`, value, leaseId },
          { kind: "set", key: `timed/${noise(index, 50)}`, value, ttlMs: 1_000 },
          { kind: "scan", range: { kind: "prefix", prefix: "key/1" }, limit: 3 },
        ],
        failure: [{ kind: "delete", key: other }],
      };
    case 10:
      return {
        kind: "deleteRange",
        range: { kind: "prefix", prefix: `multi/${noise(index, 90)}/` },
        returnPrevious: true,
      };
    case 11:
      return { kind: "leaseRevoke", leaseId };
    case 0:
      return { kind: "delete", key, returnPrevious: true };
    case 1:
      return { kind: "compareAndSwap", key, expected: { kind: "absent" }, value };
    case 2:
      return { kind: "setMulti", pairs: [0, 1, 2].map((i) => ({ key: `multi/${noise(index, 90)}/${i}`, value })) };
    default:
      return { kind: "set", key, value, returnPrevious: noise(index, 2) === 0 };
  }
}

/** What a leader says of leases: also of those that keys have to themselves, whose numbers are places in the log. */
function leaseActionAt(index: number): LogAction {
  const recent = Array.from({ length: 300 }, (_, back) => index - 1 - back).filter((leaseId) => leaseId > 0);
  const leaseIds = [...recent.reverse(), ...LEASE_IDS];
  switch (noise(index + 11, 10)) {
    case 0:
      return { kind: "extendLeases" };
    case 1:
    case 2:
      return { kind: "renewLeases", leaseIds: leaseIds.filter((leaseId) => leaseId % 3 === index % 3) };
    default:
      return { kind: "expireLeases", leaseIds };
  }
}
