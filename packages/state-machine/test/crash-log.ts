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

/** One fixed log: writes in and out of sessions, retries, members, time that passes. */
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
    } else if (kind < 8) {
      log.command(actionAt(index));
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
  switch (noise(index + 3, 6)) {
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
