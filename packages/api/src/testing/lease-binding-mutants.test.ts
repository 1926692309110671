/** Faults of the bindings between keys and leases, each found by the case that is there for it. */
import { describe } from "vitest";
import { inCommands, onRefusal, testMutants, type StoreMutant } from "../../test/mutant-store.ts";
import type { GetLeaseResult } from "../lease-read.ts";
import type { TransactionOperation } from "../transaction.ts";
import type { SetCommand } from "../write-command.ts";
import { writeRefusalError } from "../write-refusal.ts";

/** The same set without a binding. */
const unbound = ({ key, value, returnPrevious = false }: Omit<SetCommand, "kind">) =>
  ({ kind: "set", key, value, returnPrevious }) as const;

const bindingMutants: readonly StoreMutant[] = [
  [
    "binds to a lease that is not there by granting it",
    /^a set to a lease that is not there/,
    inCommands("set", async (command, store) =>
      onRefusal(store.write(command), "not_found", async () => {
        await store.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId: command.leaseId ?? 0 });
        return await store.write(command);
      }),
    ),
  ],
  [
    "sets without a binding when the lease is not there",
    /^a set to a lease that is not there/,
    inCommands("set", async (command, store) => {
      return onRefusal(store.write(command), "not_found", async () => store.write(unbound(command)));
    }),
  ],
  [
    "leaves the operation out whose lease is not there",
    /^a transaction with a set to a lease that is not there/,
    inCommands("transaction", async (command, store) =>
      onRefusal(store.write(command), "not_found", async () => {
        const isFree = (operation: TransactionOperation) => operation.kind !== "set" || operation.leaseId === undefined;
        return await store.write({ ...command, success: command.success.filter(isFree) });
      }),
    ),
  ],
  [
    "asks for the leases of the branch that does not run",
    /^a transaction with a set to a lease that is not there/,
    inCommands("transaction", async (command, store) => {
      for (const operation of command.failure) {
        if (operation.kind !== "set" || operation.leaseId === undefined) continue;
        const { lease } = await store.getLease({ leaseId: operation.leaseId });
        if (lease === undefined) throw writeRefusalError("leaseNotFound");
      }
      return await store.write(command);
    }),
  ],
  [
    "keeps the old binding of a key that is set",
    /^whatever changes or deletes a key without a binding/,
    inCommands("set", async (command, store) => {
      const leaseId = (await store.get({ key: command.key })).entry?.leaseId;
      const isUnbound = command.leaseId === undefined && command.ttlMs === undefined;
      return await store.write(isUnbound && leaseId !== undefined ? { ...command, leaseId } : command);
    }),
  ],
  [
    "keeps the old bindings of keys that are set together",
    /^a key that was set again or anew/,
    inCommands("setMulti", async ({ pairs }, store) => {
      const { entries } = await store.getMulti({ keys: pairs.map(({ key }) => key) });
      const success = pairs.map((pair, item) => {
        const leaseId = entries[item]?.leaseId;
        return { kind: "set", ...pair, ...(leaseId === undefined ? {} : { leaseId }) } as const;
      });
      const { revision } = await store.write({ kind: "transaction", compares: [], success, failure: [] });
      return { kind: "setMulti", revision };
    }),
  ],
  [
    "binds a key to the first of its leases for good",
    /^a key is bound to the lease of its last set/,
    inCommands("set", async (command, store) => {
      const leaseId = (await store.get({ key: command.key })).entry?.leaseId;
      return await store.write(
        leaseId === undefined || command.ttlMs !== undefined ? command : { ...command, leaseId },
      );
    }),
  ],
  [
    "does not say which lease a key is bound to",
    /^a set to a lease binds the key/,
    () => ({
      getMulti: async (request, store) => {
        const result = await store.getMulti(request);
        for (const entry of result.entries) if (entry !== undefined) Reflect.deleteProperty(entry, "leaseId");
        return result;
      },
    }),
  ],
  [
    "forgets the time to live of a key",
    /^a set with a time to live gives the key/,
    inCommands("set", async (command, store) => store.write(command.ttlMs === undefined ? command : unbound(command))),
  ],
  [
    "shares one lease among keys with a time to live",
    /^a set with a time to live gives the key/,
    () => {
      let leaseId: number | undefined;
      return {
        write: async (command, store) => {
          if (command.kind !== "set" || command.ttlMs === undefined) return await store.write(command);
          leaseId ??= (await store.write({ kind: "leaseGrant", ttlMs: command.ttlMs })).leaseId;
          return await store.write({ ...unbound(command), leaseId });
        },
      };
    },
  ],
  [
    "keeps the lease of a key that is gone",
    /^a lease of a key's own ends with the key/,
    () => {
      const known = new Map<number, GetLeaseResult>();
      return {
        getLease: async (request, store) => {
          const result = await store.getLease(request);
          if (result.lease !== undefined) known.set(request.leaseId, { ...result, keyCount: 0, keys: [] });
          return result.lease === undefined ? (known.get(request.leaseId) ?? result) : result;
        },
      };
    },
  ],
  [
    "gives a key that is set again the time that it had left",
    /^a key that is bound anew leaves/,
    inCommands("set", async (command, store) => {
      const leaseId = (await store.get({ key: command.key })).entry?.leaseId;
      if (leaseId === undefined || command.ttlMs === undefined) return await store.write(command);
      return await store.write({ ...unbound(command), leaseId });
    }),
  ],
  [
    "gives keys in transactions no lease of their own",
    /^a transaction binds keys to leases/,
    inCommands("transaction", async (command, store) => {
      const success = command.success.map((operation) =>
        operation.kind === "set" && operation.ttlMs !== undefined ? unbound(operation) : operation,
      );
      return await store.write({ ...command, success });
    }),
  ],
];

describe("the suite of KeyValueStore, with bindings to leases", () => {
  testMutants(bindingMutants);
});
