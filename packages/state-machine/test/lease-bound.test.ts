import { describe, expect, test } from "vitest";
import { limits } from "@aspenjs/api";
import { createMemoryStateMachine } from "../src/memory/index.ts";
import { applied, resultOf } from "../src/testing/applying.ts";
import { boundSet, grantOf, plainSet, revokeOf, timedSet, transactionOf } from "../src/testing/commands.ts";
import { LogScript } from "../src/testing/index.ts";

const TOO_MANY = { kind: "refused", reason: "tooManyLeases" };
/** Of processor time: many times what ten transactions take, and half of what they do when every number is looked at. */
const LAST_TRANSACTIONS_MS_MAX = 3_000;

describe("as many leases as there may be", () => {
  test("are granted in no more time than the first ones, and then refused until one ends", async () => {
    const machine = createMemoryStateMachine();
    const log = new LogScript();
    const { leasesMax, transactionItemsMax } = limits;
    await applied(machine, [log.write(grantOf(limits.leaseIdMax))]);
    let started = process.cpuUsage();
    for (let from = 0; from < leasesMax; from += transactionItemsMax) {
      if (from === leasesMax - 10 * transactionItemsMax) started = process.cpuUsage();
      const count = Math.min(transactionItemsMax, leasesMax - 1 - from);
      const sets = Array.from({ length: count }, (_, i) => timedSet(`k/${from + i}`));
      expect(await resultOf(machine, log.write(transactionOf(...sets)))).toMatchObject({ kind: "written" });
    }
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(LAST_TRANSACTIONS_MS_MAX);
    expect(machine.leases(0, leasesMax + 1).length).toBe(leasesMax);
    expect(machine.leases(leasesMax, 2).map(({ leaseId }) => leaseId)).toEqual([limits.leaseIdMax]);
    const { revision } = machine;
    const refused = [
      grantOf(leasesMax + 5),
      { kind: "leaseGrant", ttlMs: 1_000 } as const,
      timedSet("new"),
      // One lease becomes free in the middle, two are asked for.
      transactionOf(plainSet("k/1"), timedSet("k/2", 500), timedSet("new"), timedSet("newer")),
    ];
    for (const command of refused) expect(await resultOf(machine, log.write(command))).toEqual(TOO_MANY);
    expect([machine.revision, machine.get("k/1")?.version, machine.get("k/2")?.version]).toEqual([revision, 1, 1]);
    expect(await resultOf(machine, log.write(grantOf(limits.leaseIdMax)))).toMatchObject({ reason: "leaseExists" });
    // A key that gives up the lease of its own, and one that is bound to a lease that is there, need none.
    const fitting = [timedSet("k/3"), boundSet("k/4", limits.leaseIdMax), timedSet("new")];
    for (const command of fitting) {
      expect(await resultOf(machine, log.write(command))).toMatchObject({ kind: "written" });
    }
    expect(await resultOf(machine, log.write(timedSet("newer")))).toEqual(TOO_MANY);
    await applied(machine, [log.write(revokeOf(limits.leaseIdMax))]);
    expect(await resultOf(machine, log.write(timedSet("newer")))).toMatchObject({ kind: "written" });
  });
});
