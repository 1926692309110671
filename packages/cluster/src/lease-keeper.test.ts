import { AspenError, SILENT_LOGGER, type CommandResult, type KeyValueStateMachine } from "@aspenjs/api";
import { decodeLogCommand, encodeLogCommand, type LogAction } from "@aspenjs/protocol";
import { createMemoryStateMachine } from "@aspenjs/state-machine/memory";
import { createVirtualClock, type VirtualClock } from "@aspenjs/transport/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { LeaseKeeper, type LeaseConsensus } from "./lease-keeper.ts";
import { LogClock } from "./log-clock.ts";

/** A log of one: what is proposed is applied at once, unless it is held back. */
class LoneConsensus implements LeaseConsensus {
  readonly actions: LogAction[] = [];
  /** What `propose` waits for. */
  held: Promise<void> = Promise.resolve();
  failure: AspenError | undefined;
  readonly #machine: KeyValueStateMachine;

  constructor(machine: KeyValueStateMachine) {
    this.#machine = machine;
  }

  async propose(command: Uint8Array): Promise<CommandResult> {
    const { action } = decodeLogCommand(command);
    this.actions.push(action);
    await this.held;
    if (this.failure !== undefined) throw this.failure;
    return this.apply(command);
  }

  async readIndex(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
  }

  async apply(command: Uint8Array): Promise<CommandResult> {
    const { term, index } = this.#machine.appliedState.lastApplied;
    const entry = { term: Math.max(1, term), index: index + 1, payload: { kind: "command", command } } as const;
    const outcome = await this.#machine.apply([entry]);
    if (outcome.kind === "fault" || outcome.results[0] === undefined) throw new Error("a command is applied");
    return outcome.results[0];
  }
}

let machine: KeyValueStateMachine;
let raft: LoneConsensus;
let keeper: LeaseKeeper;
let clock: VirtualClock;

const kinds = (): readonly string[] => raft.actions.map(({ kind }) => kind);

async function grant(leaseId: number, ttlMs: number): Promise<void> {
  const action = { kind: "leaseGrant", leaseId, ttlMs } as const;
  await raft.apply(encodeLogCommand({ logTimeMs: clock.nowMs(), action }));
}

beforeEach(() => {
  clock = createVirtualClock();
  machine = createMemoryStateMachine();
  raft = new LoneConsensus(machine);
  const logClock = new LogClock(clock, machine);
  logClock.start();
  keeper = new LeaseKeeper({ raft, machine, logClock, clock, logger: SILENT_LOGGER });
  return () => keeper.stop();
});

describe("the keeper of leases", () => {
  test("puts keep-alives that come together into one entry, each lease once", async () => {
    await grant(7, 1_000);
    await grant(3, 2_000);
    keeper.setLeading(true);
    const kept = [7, 3, 7, 9].map((leaseId) => keeper.keepAlive(leaseId));
    const settled = Promise.allSettled(kept);
    await clock.advance(100);
    const outcomes = await settled;
    expect(raft.actions.filter(({ kind }) => kind === "renewLeases")).toEqual([
      { kind: "renewLeases", leaseIds: [3, 7, 9] },
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    expect(outcomes[3]).toMatchObject({ reason: { code: "not_found" } });
    expect(outcomes[0]).toMatchObject({ value: { leaseId: 7, ttlMs: 1_000, remainingMs: 1_000 } });
  });

  test("tells all who wait when consensus refuses", async () => {
    await grant(1, 1_000);
    raft.failure = new AspenError("not_leader", "another node leads");
    const kept = Promise.allSettled([keeper.keepAlive(1), keeper.keepAlive(1)]);
    await clock.advance(100);
    for (const outcome of await kept) expect(outcome).toMatchObject({ reason: { code: "not_leader" } });
  });

  test("K1: a new leader extends before it ends anything, and asks again until it has", async () => {
    await grant(1, 1_000);
    await clock.advance(5_000);
    raft.failure = new AspenError("unavailable", "no quorum");
    keeper.setLeading(true);
    await clock.advance(1_000);
    expect(kinds()).toEqual([]);
    raft.failure = undefined;
    await clock.advance(1_000);
    expect(kinds()).toEqual(["extendLeases"]);
    expect(machine.lease(1)).toMatchObject({ ttlMs: 1_000 });
    await clock.advance(1_000);
    expect(kinds()).toEqual(["extendLeases", "expireLeases"]);
    expect(machine.lease(1)).toBeUndefined();
  });

  test("leases end when what an earlier reign left is of a much later log time than this node knew", async () => {
    keeper.setLeading(true);
    await clock.advance(1_000);
    const action = { kind: "leaseGrant", leaseId: 1, ttlMs: 1_000 } as const;
    await raft.apply(encodeLogCommand({ logTimeMs: 86_400_000, action }));
    await clock.advance(900);
    expect(machine.lease(1)).toMatchObject({ deadlineMs: 86_401_000 });
    await clock.advance(1_000);
    expect(machine.lease(1)).toBeUndefined();
  });

  test("a leader of a store without leases adds nothing to the log", async () => {
    keeper.setLeading(true);
    await clock.advance(10_000);
    expect(kinds()).toEqual([]);
  });

  test("K2: a lease lives its whole time from the answer on, however long consensus took", async () => {
    await grant(1, 1_000);
    keeper.setLeading(true);
    await clock.advance(500);
    let release = (): void => {};
    raft.held = new Promise((resolve) => {
      release = resolve;
    });
    const kept = keeper.keepAlive(1);
    await clock.advance(900);
    raft.held = Promise.resolve();
    release();
    await kept;
    const answeredMs = clock.nowMs();
    while (machine.lease(1) !== undefined) await clock.advance(10);
    expect(clock.nowMs() - answeredMs).toBeGreaterThanOrEqual(1_000);
    expect(clock.nowMs() - answeredMs).toBeLessThan(2_000);
  });

  test("K3: an end that was proposed comes to nothing for a lease that was kept alive meanwhile", async () => {
    await grant(1, 1_000);
    await grant(2, 1_000);
    keeper.setLeading(true);
    let release = (): void => {};
    await clock.advance(100);
    raft.held = new Promise((resolve) => {
      release = resolve;
    });
    await clock.advance(1_500);
    expect(raft.actions.at(-1)).toEqual({ kind: "expireLeases", leaseIds: [1, 2] });
    const action = { kind: "renewLeases", leaseIds: [2] } as const;
    await raft.apply(encodeLogCommand({ logTimeMs: clock.nowMs(), action }));
    release();
    await clock.advance(1);
    expect([machine.lease(1), machine.lease(2)?.leaseId]).toEqual([undefined, 2]);
  });

  test("ends nothing any more once another node leads", async () => {
    await grant(1, 1_000);
    keeper.setLeading(true);
    await clock.advance(300);
    keeper.setLeading(false);
    await clock.advance(10_000);
    expect(kinds()).toEqual(["extendLeases"]);
  });

  test("a keeper that stops says so to those who wait", async () => {
    const kept = keeper.keepAlive(1);
    keeper.stop();
    await expect(kept).rejects.toMatchObject({ code: "shutting_down" });
  });
});
