import { AspenError, type ErrorCode } from "@aspenjs/api";
import { notLeaderError } from "@aspenjs/protocol";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "./endpoint-book.ts";
import { limits } from "./limits.ts";
import {
  RetryPolicy,
  type AttemptFailure,
  type Repeatability,
  type RetryDecision,
  type Routes,
} from "./retry-policy.ts";

const nodes = [1, 2, 3].map((nodeId): Endpoint => {
  return { key: `node ${nodeId}`, node: { nodeId, peerId: `p${nodeId}` }, addresses: [] };
});
const [one, two, three] = nodes as [Endpoint, Endpoint, Endpoint];
const routes: Routes = {
  isPinned: false,
  hasUntried: (tried) => nodes.some((node) => !tried.has(node.key)),
  isWorthAsking: (nodeId) => nodeId <= 3,
};
const pinned: Routes = { isPinned: true, hasUntried: (tried) => !tried.has(one.key), isWorthAsking: () => false };

const error = (code: ErrorCode): AspenError => new AspenError(code, code);
const failed = (code: ErrorCode): AttemptFailure => ({ kind: "failed", error: error(code) });
const notApplied = (code: ErrorCode): AttemptFailure => {
  return { kind: "failed", error: new AspenError(code, code, { details: { outcome: "not_applied" } }) };
};
const unreachable: AttemptFailure = { kind: "unreachable", error: error("unavailable") };
const unwelcome: AttemptFailure = { kind: "unwelcome", error: error("unauthorized") };
const notLeader = (hint?: number): AttemptFailure => ({ kind: "failed", error: notLeaderError(hint) });

function kinds(policy: RetryPolicy, steps: readonly (readonly [Endpoint, AttemptFailure])[], by = routes): string[] {
  return steps.map(([endpoint, failure]) => decide(policy, endpoint, failure, by).kind);
}

function decide(policy: RetryPolicy, endpoint: Endpoint, failure: AttemptFailure, by = routes): RetryDecision {
  if (failure.kind === "failed") policy.sent();
  return policy.decide(endpoint, endpoint.node?.nodeId, failure, by);
}

describe("after one failure", () => {
  test.each<readonly [string, Repeatability, AttemptFailure, RetryDecision["kind"], boolean]>([
    ["no connection", "repeatable", unreachable, "moveOn", false],
    ["no connection", "once", unreachable, "moveOn", false],
    ["a refused ticket", "repeatable", unwelcome, "moveOn", false],
    ["a lost connection", "repeatable", failed("unavailable"), "moveOn", true],
    ["a lost connection", "once", failed("unavailable"), "giveUp", true],
    ["an election, proven harmless", "repeatable", notApplied("unavailable"), "moveOn", false],
    ["an election, proven harmless", "once", notApplied("unavailable"), "moveOn", false],
    ["another refusal, proven harmless", "once", notApplied("resource_exhausted"), "giveUp", false],
    ["silence", "repeatable", failed("timeout"), "moveOn", true],
    ["silence", "once", failed("timeout"), "giveUp", true],
    ["a node that stops", "repeatable", failed("shutting_down"), "moveOn", true],
    ["a node that stops", "once", failed("shutting_down"), "giveUp", true],
    ["a full node", "repeatable", failed("resource_exhausted"), "backOff", true],
    ["a full node", "once", failed("resource_exhausted"), "giveUp", true],
    ["a hint", "repeatable", notLeader(2), "follow", false],
    ["a hint", "once", notLeader(2), "follow", false],
    ["no hint", "repeatable", notLeader(), "backOff", false],
    ["no hint", "once", notLeader(), "backOff", false],
    ["a hint of itself", "repeatable", notLeader(1), "backOff", false],
    ["a hint of a node that is not worth asking", "repeatable", notLeader(9), "backOff", false],
    ["a node without members", "repeatable", failed("not_initialized"), "moveOn", false],
    ["a forgotten greeting", "once", failed("unauthorized"), "greetAgain", false],
    ["a refusal", "repeatable", failed("forbidden"), "giveUp", false],
    ["a refusal", "once", failed("conflict"), "giveUp", false],
    ["a bug", "repeatable", failed("internal"), "giveUp", true],
    ["a broken disk", "repeatable", failed("disk_full"), "giveUp", true],
  ])("%s, %s", (_name, repeatability, failure, decision, mayHaveTakenEffect) => {
    const policy = new RetryPolicy(repeatability);
    expect(decide(policy, one, failure).kind).toBe(decision);
    expect(policy.mayHaveTakenEffect).toBe(mayHaveTakenEffect);
    expect(policy.lastError).toBe(failure.error);
  });

  test("what is given up is given up with the node's own error", () => {
    const failure = failed("forbidden");
    expect(decide(new RetryPolicy("repeatable"), one, failure)).toEqual({ kind: "giveUp", error: failure.error });
  });

  test("an error that says for itself that it may be tried again is tried again", () => {
    const retryable = new AspenError("conflict", "not yet", { retryable: true });
    expect(decide(new RetryPolicy("repeatable"), one, { kind: "failed", error: retryable }).kind).toBe("moveOn");
    expect(decide(new RetryPolicy("once"), one, { kind: "failed", error: retryable }).kind).toBe("giveUp");
  });
});

describe("after several failures", () => {
  test("P3: all endpoints of a round cost no wait, the next round one", () => {
    const policy = new RetryPolicy("repeatable");
    const steps = [one, two, three, one, two, three].map((endpoint) => [endpoint, unreachable] as const);
    expect(kinds(policy, steps)).toEqual(["moveOn", "moveOn", "backOff", "moveOn", "moveOn", "backOff"]);
  });

  test("P2: hints are followed so many times in a row, and again after a wait", () => {
    const policy = new RetryPolicy("repeatable");
    const decisions = Array.from({ length: 5 }, (_, step) =>
      step % 2 === 0 ? decide(policy, one, notLeader(2)).kind : decide(policy, two, notLeader(1)).kind,
    );
    expect(decisions).toEqual(["follow", "follow", "follow", "follow", "backOff"]);
    policy.nextBackOffMs({ below: () => 0, bytes: () => new Uint8Array() });
    expect(decide(policy, one, notLeader(2)).kind).toBe("follow");
  });

  test("a ticket that some node refused is given up when no node took it", () => {
    const policy = new RetryPolicy("repeatable");
    const steps: [Endpoint, AttemptFailure][] = [
      [one, unreachable],
      [two, unwelcome],
      [three, unreachable],
    ];
    expect(kinds(policy, steps)).toEqual(["moveOn", "moveOn", "giveUp"]);
  });

  test("a cluster without members is given up when every node has said so", () => {
    const policy = new RetryPolicy("repeatable");
    const steps = nodes.map((endpoint) => [endpoint, failed("not_initialized")] as const);
    expect(kinds(policy, steps)).toEqual(["moveOn", "moveOn", "giveUp"]);
  });

  test("a node is greeted again once in a call", () => {
    const policy = new RetryPolicy("repeatable");
    const steps = [one, one].map((endpoint) => [endpoint, failed("unauthorized")] as const);
    expect(kinds(policy, steps)).toEqual(["greetAgain", "giveUp"]);
  });

  test("P4: a doubt stays, whatever is proven of later attempts", () => {
    const policy = new RetryPolicy("repeatable");
    decide(policy, one, failed("unavailable"));
    decide(policy, two, notLeader(1));
    expect(policy.mayHaveTakenEffect).toBe(true);
  });

  test("P4: a request that is under way may take effect; one that was answered is not in doubt", () => {
    const policy = new RetryPolicy("repeatable");
    policy.sent();
    expect(policy.mayHaveTakenEffect).toBe(true);
    policy.answered();
    expect(policy.mayHaveTakenEffect).toBe(false);
  });
});

describe("a pinned endpoint", () => {
  test.each<readonly [string, AttemptFailure, RetryDecision["kind"]]>([
    ["a hint elsewhere", notLeader(2), "giveUp"],
    ["a hint of itself", notLeader(1), "backOff"],
    ["no hint", notLeader(), "backOff"],
    ["no connection", unreachable, "backOff"],
    ["a refused ticket", unwelcome, "giveUp"],
    ["no members", failed("not_initialized"), "giveUp"],
  ])("%s", (_name, failure, decision) => {
    expect(decide(new RetryPolicy("repeatable"), one, failure, pinned).kind).toBe(decision);
  });
});

describe("waits", () => {
  test("start at 10 to 20 ms, double, and end at 250 to 500 ms", () => {
    const shortest = new RetryPolicy("repeatable");
    const longest = new RetryPolicy("repeatable");
    const lengths = Array.from({ length: 8 }, () => [
      shortest.nextBackOffMs({ below: () => 0, bytes: () => new Uint8Array() }),
      longest.nextBackOffMs({ below: (bound) => bound - 1, bytes: () => new Uint8Array() }),
    ]);
    expect(lengths.slice(0, 3)).toEqual([
      [10, 20],
      [20, 40],
      [40, 80],
    ]);
    expect(lengths.at(-1)).toEqual([limits.backOffBaseMsMax, 2 * limits.backOffBaseMsMax]);
  });

  test("for a silent node double with every silence, and never exceed the deadline", () => {
    const policy = new RetryPolicy("repeatable");
    expect(policy.attemptTimeoutMs(10_000)).toBe(limits.attemptTimeoutMs);
    decide(policy, one, failed("timeout"));
    expect(policy.attemptTimeoutMs(10_000)).toBe(2 * limits.attemptTimeoutMs);
    expect(policy.attemptTimeoutMs(1_000)).toBe(1_000);
    expect(new RetryPolicy("once").attemptTimeoutMs(60_000)).toBe(60_000);
  });
});
