/** Faults of leases and of their time, each found by the case that is there for it. */
import { describe } from "vitest";
import { inCommands, onRefusal, testMutants, type StoreMutant } from "../../test/mutant-store.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import type { WriteResult } from "../write-command.ts";

const keysOf = async (store: KeyValueStore, leaseId: number): Promise<readonly string[]> =>
  (await store.getLease({ leaseId, keysLimit: 100 })).keys;

const clamped = (ttlMs: number) => Math.min(Math.max(ttlMs, limits.leaseTtlMsMin), limits.leaseTtlMsMax);

const grantMutants: readonly StoreMutant[] = [
  [
    "takes over the number of another lease",
    /^a number that is taken is a conflict/,
    inCommands("leaseGrant", async (command, store) =>
      onRefusal(store.write(command), "conflict", async () => {
        await store.write({ kind: "leaseRevoke", leaseId: command.leaseId ?? 0 });
        return await store.write(command);
      }),
    ),
  ],
  [
    "grants one lease to all who name none",
    /^a lease without a number takes one/,
    inCommands("leaseGrant", async (command, store) => {
      if (command.leaseId !== undefined) return await store.write(command);
      const one = { ...command, leaseId: 7 };
      const { revision } = await store.get({ key: "k" });
      return onRefusal<WriteResult>(store.write(one), "conflict", async () => ({ ...one, revision }));
    }),
  ],
  [
    "takes a revision for a grant",
    /^a lease has the number and the time/,
    inCommands("leaseGrant", async (command, store) => {
      const result = await store.write(command);
      return { ...result, revision: result.revision + 1 };
    }),
  ],
  [
    "clamps a time to live",
    /^a time to live is a whole number/,
    inCommands("leaseGrant", async (command, store) => store.write({ ...command, ttlMs: clamped(command.ttlMs) })),
  ],
  [
    "prefers the time to live to the lease",
    /^a key is bound to a lease or has a time to live/,
    inCommands("set", async ({ leaseId, ...command }, store) =>
      store.write(leaseId === undefined || command.ttlMs !== undefined ? command : { ...command, leaseId }),
    ),
  ],
  [
    "takes no lease for lease 0",
    /^a lease has a number from 1/,
    inCommands("leaseRevoke", async (command, store) => {
      if (command.leaseId !== 0) return await store.write(command);
      const { revision } = await store.get({ key: "k" });
      return { kind: "leaseRevoke", revision, wasGranted: false, deletedCount: 0 };
    }),
  ],
];

const revokeMutants: readonly StoreMutant[] = [
  [
    "leaves the keys of a revoked lease",
    /^revoking a lease deletes the keys/,
    inCommands("leaseRevoke", async (command, store) => {
      for (const key of await keysOf(store, command.leaseId)) {
        const { entry } = await store.get({ key });
        await store.write({ kind: "set", key, value: entry?.value ?? new Uint8Array() });
      }
      return await store.write(command);
    }),
  ],
  [
    "deletes the keys of a revoked lease one by one",
    /^revoking a lease deletes the keys/,
    inCommands("leaseRevoke", async (command, store) => {
      const keys = await keysOf(store, command.leaseId);
      for (const key of keys) await store.write({ kind: "delete", key });
      return { ...(await store.write(command)), deletedCount: keys.length };
    }),
  ],
  [
    "takes a revision for revoking a lease without keys",
    /^revoking a lease without keys/,
    inCommands("leaseRevoke", async (command, store) => {
      const result = await store.write(command);
      return result.deletedCount === 0 ? { ...result, revision: result.revision + 1 } : result;
    }),
  ],
];

const readMutants: readonly StoreMutant[] = [
  [
    "lists leases the wrong way round",
    /^leases are listed in the order/,
    () => ({
      listLeases: async (request, store) => {
        const page = await store.listLeases(request);
        return { ...page, leases: page.leases.toReversed() };
      },
    }),
  ],
  [
    "lists the last lease of a page again",
    /^leases are listed in the order/,
    () => ({
      listLeases: async (request, store) =>
        store.listLeases({ ...request, after: Math.max(0, (request.after ?? 0) - 1) }),
    }),
  ],
  [
    "takes a full page for a truncated one",
    /^leases are listed in the order/,
    () => ({
      listLeases: async (request, store) => {
        const page = await store.listLeases(request);
        return { ...page, isTruncated: page.leases.length === request.limit };
      },
    }),
  ],
  [
    "lists leases without a default limit",
    /^a list of leases without a limit/,
    () => ({
      listLeases: async (request, store) =>
        store.listLeases({ ...request, limit: request.limit ?? limits.scanLimitMax }),
    }),
  ],
  [
    "clamps a limit of leases",
    /^leases and their keys are listed up to/,
    () => ({
      listLeases: async ({ limit = 1, ...request }, store) =>
        store.listLeases({ ...request, limit: Math.min(limit, limits.scanLimitMax) }),
    }),
  ],
  [
    "names the keys of a lease unasked",
    /^getLease counts all keys/,
    () => ({ getLease: async (request, store) => store.getLease({ ...request, keysLimit: request.keysLimit ?? 10 }) }),
  ],
  [
    "counts the keys that it names",
    /^getLease counts all keys/,
    () => ({
      getLease: async (request, store) => {
        const result = await store.getLease(request);
        return { ...result, keyCount: result.keys.length };
      },
    }),
  ],
  [
    "orders the keys of a lease by UTF-16 units",
    /^getLease counts all keys/,
    () => ({
      getLease: async (request, store) => {
        const { keys, ...result } = await store.getLease({ ...request, keysLimit: 100 });
        return { ...result, keys: keys.toSorted().slice(0, request.keysLimit ?? 0) };
      },
    }),
  ],
  [
    "makes up a lease that was never granted",
    /^a lease that was never granted/,
    () => ({
      getLease: async (request, store) => {
        const result = await store.getLease(request);
        return { ...result, lease: result.lease ?? { leaseId: request.leaseId, ttlMs: 1_000, remainingMs: 0 } };
      },
    }),
  ],
];

/** What the keys of its leases look like to a store in which they live longer or shorter than they should. */
const granting = (ttlMs: number) =>
  inCommands("leaseGrant", async (command, store) => ({
    ...(await store.write({ ...command, ttlMs })),
    ttlMs: command.ttlMs,
  }));

const timeMutants: readonly StoreMutant[] = [
  ["never ends a lease", /^a lease that nobody keeps alive ends/, granting(limits.leaseTtlMsMax)],
  ["ends a lease early", /^a lease does not end before its time/, granting(limits.leaseTtlMsMin)],
  [
    "ends the lease of a key's own early",
    /^a lease does not end before its time/,
    inCommands("set", async (command, store) =>
      store.write(command.ttlMs === undefined ? command : { ...command, ttlMs: limits.leaseTtlMsMin }),
    ),
  ],
  [
    "never ends the lease of a key that a transaction set",
    /^a key with a time to live of its own is gone/,
    inCommands("transaction", async (command, store) => {
      const success = command.success.map((operation) =>
        operation.kind === "set" && operation.ttlMs !== undefined
          ? { ...operation, ttlMs: limits.leaseTtlMsMax }
          : operation,
      );
      return await store.write({ ...command, success });
    }),
  ],
  [
    "takes a revision for the end of a lease without keys",
    /^a lease without keys ends without/,
    () => {
      let endedCount = 0;
      return {
        getLease: async (request, store) => {
          const result = await store.getLease(request);
          if (result.lease === undefined) endedCount += 1;
          return result;
        },
        get: async (request, store) => {
          const result = await store.get(request);
          return { ...result, revision: result.revision + endedCount };
        },
      };
    },
  ],
  [
    "does not extend a lease that is kept alive",
    /^a lease that is kept alive outlives/,
    () => ({
      keepLeaseAlive: async (leaseId, store) => {
        const { lease } = await store.getLease({ leaseId });
        return lease ?? (await store.keepLeaseAlive(leaseId));
      },
    }),
  ],
  [
    "grants a lease again that is kept alive too late",
    /^a lease that nobody keeps alive ends/,
    () => ({
      keepLeaseAlive: async (leaseId, store) =>
        onRefusal(store.keepLeaseAlive(leaseId), "not_found", async () => {
          await store.write({ kind: "leaseGrant", leaseId, ttlMs: 1_000 });
          return await store.keepLeaseAlive(leaseId);
        }),
    }),
  ],
  [
    "takes a revision for a keep-alive",
    /^keeping a lease alive takes no revision/,
    () => ({
      keepLeaseAlive: async (leaseId, store) => {
        await store.write({ kind: "set", key: "k", value: new Uint8Array() });
        return await store.keepLeaseAlive(leaseId);
      },
    }),
  ],
  [
    "does not count down the remaining time",
    /^the remaining time of a lease runs down/,
    () => ({
      getLease: async (request, store) => {
        const { lease, ...result } = await store.getLease(request);
        return { ...result, lease: lease && { ...lease, remainingMs: lease.ttlMs } };
      },
    }),
  ],
  [
    "says in a keep-alive what remained before it",
    /^the remaining time of a lease runs down/,
    () => ({
      keepLeaseAlive: async (leaseId, store) => {
        const { lease } = await store.getLease({ leaseId });
        const kept = await store.keepLeaseAlive(leaseId);
        return lease ?? kept;
      },
    }),
  ],
];

describe("the suite of KeyValueStore, with leases", () => {
  testMutants(grantMutants);
  testMutants(revokeMutants);
  testMutants(readMutants);
});

describe("the suite of KeyValueStore, with the time of leases", () => {
  testMutants(timeMutants);
});
