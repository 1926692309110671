/**
 * Reads that would rather have old data than none: the first half of a call's time is for the consistency that was asked
 * for, the second for whatever any node has applied.
 *
 * F1  What the second half brings is labelled `stale`, whatever the node itself calls it.
 * F2  Only that nobody led in time opens the second half. A refusal is the answer.
 * F3  A node that had nothing to say without a leader is asked again: alone, it can answer.
 * F4  Both halves are one call: one place, one deadline, one signal.
 */
import { AspenError, type CallOptions, type ErrorCode } from "@aspenjs/api";
import type { AnswerOfKind, RequestByKind } from "@aspenjs/protocol";
import type { CallDriver } from "./call-driver.ts";

export type ReadKind = "get" | "getMulti" | "scan" | "getLease" | "listLeases";

/** How a call ends that met nobody who could serve it. */
const NOBODY_LED: ReadonlySet<ErrorCode> = new Set(["unavailable", "timeout", "not_leader"]);

export function readWithFallback<Kind extends ReadKind>(
  driver: CallDriver,
  kind: Kind,
  request: RequestByKind[Kind],
  options: CallOptions | undefined,
): Promise<AnswerOfKind<Kind>> {
  return driver.run({ ...options, repeatability: "repeatable", offer: "everyone" }, async (call) => {
    const { signal } = call;
    const deadlineMs = Math.ceil(call.remainingMs() / 2);
    const firstHalf = { deadlineMs, repeatability: "repeatable", isInternal: true } as const;
    try {
      return await driver.run(signal === undefined ? firstHalf : { ...firstHalf, signal }, (part) =>
        driver.ask(part, kind, () => request),
      );
    } catch (error) {
      // A caller that gave up, and the end of the client, end both halves.
      call.assertWanted();
      if (!(error instanceof AspenError) || !NOBODY_LED.has(error.code)) throw error;
    }
    const answer = await driver.ask(call, kind, () => ({ ...request, consistency: "stale" }));
    return { ...answer, consistency: "stale" };
  });
}
