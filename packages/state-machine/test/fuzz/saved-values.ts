import type { CommandResult, KeyChange } from "@aspenjs/api";
import { encodeChanges, type SavedChanges } from "../../src/change-row.ts";
import { RowWriter } from "../../src/row-writer.ts";
import { encodeSessionResult } from "../../src/session-row.ts";
import type { SavedSession } from "../../src/session.ts";
import { membershipOf } from "../../src/testing/log-script.ts";

const RESULTS: readonly CommandResult[] = [
  { kind: "written", result: { kind: "setMulti", revision: 7 } },
  { kind: "written", result: { kind: "compare", outcome: "conflict", revision: 1, actual: undefined } },
  { kind: "sessionClosed" },
  { kind: "sequenceRefused", reason: "tooFarAhead" },
  { kind: "refused", reason: "leaseNotFound" },
  { kind: "written", result: { kind: "leaseGrant", revision: 7, leaseId: 300, ttlMs: 10_000 } },
  {
    kind: "written",
    result: {
      kind: "transaction",
      revision: 8,
      succeeded: true,
      results: [
        {
          kind: "get",
          entry: { key: "k", value: Uint8Array.of(1), createRevision: 8, modRevision: 8, version: 1, leaseId: 7 },
        },
        { kind: "set" },
        { kind: "delete", deletedCount: 1, previous: [] },
        { kind: "scan", entries: [], count: 3, isTruncated: false },
      ],
    },
  },
];

export const session: SavedSession = {
  sessionId: 300,
  lastUsedMs: 1_700_000_000_000,
  acknowledgedThrough: 1,
  results: RESULTS.map((result, position) => encodeSessionResult(position + 2, position * 70_000, result)),
};

export const membership = { logId: { term: 1, index: 1 }, membership: membershipOf([1, 2]) };

const before = { key: "b", value: Uint8Array.of(1, 2), createRevision: 5, modRevision: 5, version: 1, leaseId: 7 };

/** What became of three keys at revision 300. */
export const changes: readonly KeyChange[] = [
  { kind: "put", entry: { key: "a", value: Uint8Array.of(1), createRevision: 300, modRevision: 300, version: 1 } },
  {
    kind: "put",
    entry: { key: "b", value: new Uint8Array(), createRevision: 5, modRevision: 300, version: 2, leaseId: 70_000 },
    previous: before,
  },
  { kind: "delete", key: "c", previous: { ...before, key: "c" } },
  { kind: "delete", key: "d" },
];

export const savedChanges: readonly SavedChanges[] = [
  { revision: 299, logTimeMs: 1_699_999_999_000, content: encodeChanges([], new RowWriter()) },
  { revision: 300, logTimeMs: 1_700_000_000_000, content: encodeChanges(changes, new RowWriter()) },
];
