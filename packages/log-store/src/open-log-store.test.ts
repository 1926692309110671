import { STORAGE_DONE, type LogEntry, type LogState } from "@aspenjs/api";
import { expect, test } from "vitest";
import { CHAIN_GENESIS, loadChainHasher } from "./chain-hasher.ts";
import { emptyHeader, encodeHeader } from "./log-header.ts";
import { createMemoryLogStore } from "./memory/create-memory-log-store.ts";
import { openLogStore } from "./open-log-store.ts";
import type { RowDisk } from "./row-disk.ts";
import { sealRows } from "./stored-row.ts";
import { commandEntries, commandEntry } from "./testing/sample-entries.ts";

const hasher = await loadChainHasher();
const THREE = commandEntries(1, 1, 3);

/** A disk whose header and rows need not fit together, each correct in itself. */
function crookedDisk(options: {
  readonly entries: readonly LogEntry[];
  readonly tip?: Uint8Array;
  readonly last?: LogState["last"];
  readonly hasHeader?: boolean;
  readonly missing?: number;
}): RowDisk {
  const { rows, tip } = sealRows(hasher, CHAIN_GENESIS, options.entries);
  const empty = emptyHeader("node-1");
  const last = options.last ?? { term: options.entries.at(-1)?.term ?? 0, index: options.entries.length };
  const header = { ...empty, state: { ...empty.state, last }, tip: options.tip ?? tip };
  const bytesByIndex = new Map(rows.map((row) => [row.index, row.bytes]));
  bytesByIndex.delete(options.missing ?? 0);
  return {
    readHeader: () =>
      options.hasHeader === false ? { kind: "missing" } : { kind: "row", bytes: encodeHeader(hasher, header) },
    readRow: (index) => {
      const bytes = bytesByIndex.get(index);
      return bytes === undefined ? { kind: "missing" } : { kind: "row", bytes };
    },
    isEmpty: () => bytesByIndex.size === 0,
    adopt: () => {},
    commit: () => Promise.resolve(STORAGE_DONE),
    hasDeadRows: false,
    inspect: () => Promise.resolve(undefined),
    pause: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

test("rows and header that fit together open", async () => {
  const outcome = await openLogStore(hasher, crookedDisk({ entries: THREE }), { storeId: "node-1" });
  expect(outcome.kind === "opened" && outcome.store.state.last).toEqual({ term: 1, index: 3 });
});

test.each([
  [
    "another history with a chain of its own",
    { entries: THREE, tip: sealRows(hasher, CHAIN_GENESIS, commandEntries(2, 1, 3)).tip },
    "entry 3: the chain does not end at the hash in the header",
  ],
  ["a missing row", { entries: THREE, missing: 2 }, "entry 2: the row is missing"],
  ["a header that names more than there is", { entries: THREE, last: { term: 1, index: 4 } }, "entry 4: the row is"],
  ["rows without a header", { entries: THREE, hasHeader: false }, "there are entries, but the header is missing"],
  ["a term that goes back", { entries: [commandEntry(2, 1), commandEntry(1, 2)] }, "entry 2: term 1 goes back"],
  ["another term in the header", { entries: THREE, last: { term: 2, index: 3 } }, "the header names another term"],
  [
    "an entry under another index",
    { entries: [commandEntry(1, 2)], last: { term: 1, index: 1 } },
    "entry 1: the row is",
  ],
])("%s is corrupt", async (_name, options, message) => {
  const outcome = await openLogStore(hasher, crookedDisk(options), { storeId: "node-1" });
  expect(outcome).toMatchObject({
    kind: "fault",
    fault: { code: "corrupt", message: expect.stringContaining(message) },
  });
});

test.each(["", "\ud800", "x".repeat(300)])("the store id %j is a bug of the caller", async (storeId) => {
  await expect(createMemoryLogStore({ storeId })).rejects.toThrow("a store id");
});
