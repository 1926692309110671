/** Faults of transactions, each found by the case that is there for it. */
import { describe } from "vitest";
import { testMutants, type StoreMutant } from "../../test/mutant-store.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import type { Compare, OperationResult, TransactionCommand, TransactionOperation } from "../transaction.ts";
import type { WriteCommand, WriteResult } from "../write-command.ts";

/** What is done with a transaction instead; other commands pass. */
const inTransactions = (change: (command: TransactionCommand, store: KeyValueStore) => Promise<WriteResult>) => () => ({
  write: async (command: WriteCommand, store: KeyValueStore): Promise<WriteResult> =>
    command.kind === "transaction" ? await change(command, store) : await store.write(command),
});

const rewriting = (change: (command: TransactionCommand) => TransactionCommand) =>
  inTransactions(async (command, store) => await store.write(change(command)));

/** Every operation is changed, in both branches. */
const rewritingEach = (change: (operation: TransactionOperation) => TransactionOperation) =>
  rewriting((command) => ({
    ...command,
    success: command.success.map(change),
    failure: command.failure.map(change),
  }));

const comparing = (change: (compare: Compare) => Compare) =>
  rewriting((command) => ({ ...command, compares: command.compares.map(change) }));

/** Runs the operations of the branch one by one, each as a transaction of its own. */
async function oneByOne(command: TransactionCommand, store: KeyValueStore): Promise<WriteResult> {
  const isFree = command.compares.length === 0;
  const succeeded = isFree || (await store.write({ ...command, success: [], failure: [] })).succeeded;
  const results: OperationResult[] = [];
  let { revision } = await store.get({ key: "k" });
  for (const operation of succeeded ? command.success : command.failure) {
    const result = await store.write({ kind: "transaction", compares: [], success: [operation], failure: [] });
    results.push(...result.results);
    ({ revision } = result);
  }
  return { kind: "transaction", revision, succeeded, results };
}

const isRead = (operation: TransactionOperation) => operation.kind === "get" || operation.kind === "scan";
const readsFirst = (operations: readonly TransactionOperation[]) => [
  ...operations.filter(isRead),
  ...operations.filter((operation) => !isRead(operation)),
];

const compareMutants: readonly StoreMutant[] = [
  [
    "runs the wrong branch",
    /^the success branch runs when all compares hold/,
    rewriting((command) => ({ ...command, success: command.failure, failure: command.success })),
  ],
  [
    "looks at the first compare only",
    /^the success branch runs when all compares hold/,
    rewriting((command) => ({ ...command, compares: command.compares.slice(0, 1) })),
  ],
  [
    "runs the other branch after the first",
    /^the success branch runs when all compares hold/,
    rewriting((command) => ({ ...command, success: [...command.success, ...command.failure] })),
  ],
  [
    'takes an absent value for one that is "!="',
    /^no comparison with the value of a key that does not exist holds/,
    comparing((compare) =>
      compare.target === "value" && compare.operator === "!="
        ? { key: compare.key, target: "version", operator: "=", number: 0 }
        : compare,
    ),
  ],
  [
    "takes an absent value for an empty one",
    /^no comparison with the value of a key that does not exist holds/,
    comparing((compare) =>
      compare.target === "value" && compare.operator === "=" && compare.value.byteLength === 0
        ? { key: compare.key, target: "version", operator: "=", number: 0 }
        : compare,
    ),
  ],
  [
    "compares bytes as signed ones",
    /^values compare as bytes/,
    comparing((compare) => {
      // Between a second byte above 0x7f, which the case has stored, and one below, the order turns round.
      if (compare.target !== "value" || (compare.value[1] ?? 0xff) > 0x7f) return compare;
      const turned = { "=": "=", "!=": "!=", "<": ">", ">": "<" } as const;
      return { ...compare, operator: turned[compare.operator] };
    }),
  ],
  [
    'takes ">" for ">="',
    /^version, createRevision and modRevision compare/,
    comparing((compare) =>
      compare.target !== "value" && compare.operator === ">"
        ? { ...compare, number: Math.max(0, compare.number - 1) }
        : compare,
    ),
  ],
  [
    "takes createRevision for modRevision",
    /^version, createRevision and modRevision compare/,
    comparing((compare) => (compare.target === "modRevision" ? { ...compare, target: "createRevision" } : compare)),
  ],
  [
    "takes one for the version of a key that does not exist",
    /^a key that does not exist has 0/,
    comparing((compare) =>
      compare.target === "version" && compare.operator === "=" && compare.number === 0
        ? { ...compare, number: 1 }
        : compare,
    ),
  ],
  [
    "does not know the leases of keys",
    /^the lease of a key compares/,
    comparing((compare) => (compare.target === "lease" ? { ...compare, key: `${compare.key}/none` } : compare)),
  ],
  [
    "compares what the branch has made",
    /^compares ask for what was there before/,
    inTransactions(async (command, store) => {
      const result = await store.write(command);
      const again = await store.write({ ...command, success: [], failure: [] });
      return { ...result, succeeded: again.succeeded };
    }),
  ],
  [
    "asks first and changes later",
    /^of many transactions that create one key/,
    inTransactions(async (command, store) => {
      const { succeeded } = await store.write({ ...command, success: [], failure: [] });
      const branch = succeeded ? command.success : command.failure;
      const result = await store.write({ kind: "transaction", compares: [], success: branch, failure: [] });
      return { ...result, succeeded };
    }),
  ],
];

const operationMutants: readonly StoreMutant[] = [
  [
    "takes a revision for each operation",
    /^a transaction changes all its keys at one revision/,
    inTransactions(oneByOne),
  ],
  [
    "takes a revision for a transaction that changes nothing",
    /^a transaction that changes no key/,
    inTransactions(async (command, store) => {
      const before = await store.get({ key: "k" });
      const result = await store.write(command);
      return result.revision === before.revision ? { ...result, revision: result.revision + 1 } : result;
    }),
  ],
  [
    "reads before it changes anything",
    /^each operation of a transaction sees/,
    rewriting((command) => ({ ...command, success: readsFirst(command.success) })),
  ],
  [
    "answers with previous entries unasked",
    /^an operation answers with previous entries/,
    rewritingEach((operation) => (isRead(operation) ? operation : { ...operation, returnPrevious: true })),
  ],
  [
    "never answers with previous entries",
    /^an operation answers with previous entries/,
    rewritingEach((operation) => (isRead(operation) ? operation : { ...operation, returnPrevious: false })),
  ],
  [
    "scans forward only",
    /^a scan in a transaction keeps its limit/,
    rewritingEach((operation) => (operation.kind === "scan" ? { ...operation, reverse: false } : operation)),
  ],
  [
    "sends the values along with keysOnly",
    /^a scan in a transaction keeps its limit/,
    rewritingEach((operation) => (operation.kind === "scan" ? { ...operation, keysOnly: false } : operation)),
  ],
  [
    "scans without a default limit",
    /^a scan in a transaction returns at most 1,000/,
    rewritingEach((operation) =>
      operation.kind === "scan" ? { ...operation, limit: operation.limit ?? limits.scanLimitMax } : operation,
    ),
  ],
  [
    "clamps a limit that is too high",
    /^a scan limit in a transaction/,
    rewritingEach((operation) =>
      operation.kind === "scan"
        ? { ...operation, limit: Math.min(operation.limit ?? limits.scanLimitDefault, limits.scanLimitMax) }
        : operation,
    ),
  ],
  [
    "lets a key be changed twice",
    /^a transaction changes a key once in a branch/,
    inTransactions(
      async (command, store) => await store.write(command).catch(async () => await oneByOne(command, store)),
    ),
  ],
  [
    "leaves out what is bad and does the rest",
    /^a transaction with one bad operation/,
    inTransactions(async (command, store) => {
      const good = (operation: TransactionOperation) => operation.kind !== "get" || operation.key !== "";
      return await store.write({ ...command, success: command.success.filter(good), failure: [] });
    }),
  ],
  [
    "takes more operations than it says",
    /^a transaction holds 1 to 1,000/,
    rewriting((command) => ({ ...command, failure: command.failure.slice(0, 300) })),
  ],
  [
    "does not count what is compared",
    /^the keys and values of a transaction/,
    rewriting((command) => ({ ...command, compares: [] })),
  ],
  [
    "changes first and finds the result too large later",
    /^a write answers with up to 4 MiB/,
    inTransactions(async (command, store) => {
      return await store.write(command).catch(async (error: unknown) => {
        const changes = command.success.filter((operation) => !isRead(operation));
        await store.write({ ...command, success: changes.map((change) => ({ ...change, returnPrevious: false })) });
        throw error;
      });
    }),
  ],
  [
    "ends no page of a transaction for its bytes",
    /^a write answers with up to 4 MiB/,
    inTransactions(async (command, store) => {
      const result = await store.write(command);
      const results = result.results.map((each) => (each.kind === "scan" ? { ...each, isTruncated: false } : each));
      return { ...result, results };
    }),
  ],
  [
    "lets results grow beyond 10,000 entries",
    /^a write deletes by a range and answers with/,
    inTransactions(async (command, store) => await oneByOne(command, store)),
  ],
];

describe("the suite of KeyValueStore, with transactions", () => {
  testMutants(compareMutants);
  testMutants(operationMutants);
});
