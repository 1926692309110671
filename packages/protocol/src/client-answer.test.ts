import {
  AssertionFailure,
  limits,
  type ClusterState,
  type GetLeaseResult,
  type KeyValueEntry,
  type LeaseStatus,
  type NodeMetrics,
} from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clusterState,
  damaged,
  fromHex,
  getLeaseResult,
  getMultiResult,
  getResult,
  leaseStatus,
  listLeasesResult,
  nodeMetrics,
  nodeRecord,
  queryResult,
  scanResult,
  toHex,
} from "../test/wire-values.ts";
import { decodeClientAnswer, encodeClientAnswer, type AnswerOfKind } from "./client-answer.ts";
import { REQUEST_KINDS, type RequestKind } from "./request-kind.ts";

const entry: KeyValueEntry = { key: "k", value: new Uint8Array([5]), createRevision: 3, modRevision: 9, version: 2 };
const bound: KeyValueEntry = { ...entry, leaseId: 300 };
const status: LeaseStatus = { leaseId: 300, ttlMs: 60_000, remainingMs: 59_000 };
const label = { consistency: "linearizable", appliedIndex: 9, revision: 8 } as const;
const state: ClusterState = {
  clusterId: "c1",
  term: 2,
  leader: undefined,
  membership: {
    voters: [1],
    outgoingVoters: [],
    learners: [2],
    nodes: [
      { nodeId: 1, peerId: "p1", addresses: ["/a"] },
      { nodeId: 2, peerId: "p2", addresses: [] },
    ],
  },
  membershipLogId: { term: 1, index: 7 },
};
const metrics: NodeMetrics = {
  nodeId: 1,
  role: "leader",
  term: 2,
  vote: 1,
  leader: 1,
  lastLogId: { term: 2, index: 9 },
  committedIndex: 8,
  appliedIndex: 8,
  snapshotLogId: { term: 1, index: 4 },
  purgedLogId: { term: 0, index: 0 },
  peers: [{ nodeId: 2, matchIndex: 7, replication: "replicate", lastContactMs: 0.25 }],
  quorumAckAgeMs: 1.5,
  proposalsInFlight: 3,
  readsWaiting: 0,
  applyLatency: { count: 10, p50Ms: 0.001, p99Ms: 2, maxMs: 3.5 },
  logWriteLatency: { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 },
};

/** One answer, with its kind and bytes. */
interface Golden<Kind extends RequestKind = RequestKind> {
  readonly name: string;
  readonly kind: Kind;
  readonly answer: AnswerOfKind<Kind>;
  readonly bytes: string;
}

function golden<Kind extends RequestKind>(name: string, kind: Kind, answer: AnswerOfKind<Kind>, bytes: string): Golden {
  return { name, kind, answer, bytes };
}

/** These bytes are between releases: a change here needs a new protocol. */
const GOLDEN: readonly Golden[] = [
  golden(
    "hello",
    "hello",
    { clusterId: "c1", nodeId: 1, leader: 2, nodes: state.membership.nodes },
    "860100626331010282830162703181622f61830262703280",
  ),
  golden(
    "hello of a node without a cluster",
    "hello",
    { clusterId: undefined, nodeId: 1, leader: undefined, nodes: [] },
    "860100f601f680",
  ),
  golden("write", "write", { kind: "written", result: { kind: "set", revision: 7 } }, "8301018200830007f6"),
  golden("write in a session that is gone", "write", { kind: "sessionExpired" }, "8301018103"),
  golden("openSession", "openSession", 300, "83010219012c"),
  golden("closeSession", "closeSession", { kind: "sessionClosed" }, "8301038102"),
  golden(
    "get",
    "get",
    { consistency: "linearizable", appliedIndex: 9, revision: 8, entry },
    "86010400090886616b4105030902f6",
  ),
  golden(
    "get of nothing",
    "get",
    { consistency: "stale", appliedIndex: 9, revision: 8, entry: undefined },
    "860104020908f6",
  ),
  golden(
    "scan",
    "scan",
    {
      consistency: "linearizable",
      appliedIndex: 9,
      revision: 8,
      entries: [entry],
      count: 1,
      isTruncated: true,
      continuation: "01",
    },
    "8901050009088186616b4105030902f601f5623031",
  ),
  golden(
    "scan to the end",
    "scan",
    { consistency: "lease", appliedIndex: 9, revision: 8, entries: [], count: 4, isTruncated: false },
    "8901050109088004f4f6",
  ),
  golden("init", "init", state, "8301068562633102f684810180810282830162703181622f61830262703280820107"),
  golden("addLearner", "addLearner", state, "8301078562633102f684810180810282830162703181622f61830262703280820107"),
  golden(
    "promoteLearner",
    "promoteLearner",
    state,
    "8301088562633102f684810180810282830162703181622f61830262703280820107",
  ),
  golden(
    "changeMembership",
    "changeMembership",
    state,
    "8301098562633102f684810180810282830162703181622f61830262703280820107",
  ),
  golden("removeNode", "removeNode", state, "83010a8562633102f684810180810282830162703181622f61830262703280820107"),
  golden("transferLeadership", "transferLeadership", 2, "83010b02"),
  golden(
    "currentState",
    "currentState",
    { ...state, leader: 1 },
    "83010c85626331020184810180810282830162703181622f61830262703280820107",
  ),
  golden(
    "getMetrics",
    "getMetrics",
    metrics,
    "83010d9001666c6561646572020101820209080882010482000081840207697265706c696361746518fa1905dc0300840a011907d0190dac8400000000",
  ),
  golden("triggerSnapshot", "triggerSnapshot", { term: 2, index: 40 }, "83010e82021828"),
  golden("getLeader", "getLeader", { nodeId: 2, addresses: ["/a"] }, "83010f820281622f61"),
  golden("getLeader without one", "getLeader", undefined, "83010ff6"),
  golden("issueTicket", "issueTicket", "aspenclientq", "8301106c617370656e636c69656e7471"),
  golden("joinTicket", "joinTicket", "aspenq", "83011166617370656e71"),
  golden("getMulti", "getMulti", { ...label, entries: [bound, undefined] }, "8601120009088286616b410503090219012cf6"),
  golden("keepLeaseAlive", "keepLeaseAlive", status, "8301138319012c19ea6019e678"),
  golden(
    "getLease",
    "getLease",
    { ...label, lease: status, keyCount: 2, keys: ["a"] },
    "8801140009088319012c19ea6019e67802816161",
  ),
  golden("getLease of none", "getLease", { ...label, lease: undefined, keyCount: 0, keys: [] }, "880114000908f60080"),
  golden(
    "listLeases",
    "listLeases",
    { ...label, leases: [status], isTruncated: true },
    "870115000908818319012c19ea6019e678f5",
  ),
  golden(
    "query",
    "query",
    {
      ...label,
      columns: ["a", "b"],
      rows: [
        [1, null],
        ["x", 0.5],
        [new Uint8Array([5]), -(2n ** 63n)],
      ],
    },
    "87011600090882616161628601f6617881483fe0000000000000410581742d39323233333732303336383534373735383038",
  ),
];

function expectRoundTrip<Kind extends RequestKind>(kind: Kind, answer: AnswerOfKind<Kind>): void {
  expect(decodeClientAnswer(kind, encodeClientAnswer(kind, answer))).toStrictEqual(answer);
}

describe("client answers", () => {
  test.each(GOLDEN)("$name keeps its bytes", ({ kind, answer, bytes }) => {
    expect(toHex(encodeClientAnswer(kind, answer))).toBe(bytes);
    expect(decodeClientAnswer(kind, fromHex(bytes))).toStrictEqual(answer);
  });

  test("every kind has golden bytes", () => {
    expect(new Set(GOLDEN.map(({ kind }) => kind))).toEqual(new Set(REQUEST_KINDS));
  });

  test("reads and pages read back as they were written", () => {
    fc.assert(fc.property(getResult, (answer) => expectRoundTrip("get", answer)));
    fc.assert(fc.property(scanResult, (answer) => expectRoundTrip("scan", answer)));
    fc.assert(fc.property(getMultiResult, (answer) => expectRoundTrip("getMulti", answer)));
  });

  test("what is said of leases reads back as it was written", () => {
    fc.assert(fc.property(leaseStatus, (answer) => expectRoundTrip("keepLeaseAlive", answer)));
    fc.assert(fc.property(getLeaseResult, (answer) => expectRoundTrip("getLease", answer)));
    fc.assert(fc.property(queryResult, (answer) => expectRoundTrip("query", answer)));
    fc.assert(fc.property(listLeasesResult, (answer) => expectRoundTrip("listLeases", answer)));
  });

  test("states and metrics read back as they were written, to the microsecond", () => {
    fc.assert(fc.property(clusterState, (answer) => expectRoundTrip("currentState", answer)));
    fc.assert(fc.property(nodeMetrics, (answer) => expectRoundTrip("getMetrics", answer)));
  });

  test("a greeting reads back as it was written", () => {
    const hello = fc.record(
      {
        clusterId: fc.option(fc.string({ unit: "grapheme", maxLength: 20 }), { nil: undefined }),
        nodeId: fc.integer({ min: 1 }),
        leader: fc.option(fc.integer({ min: 1 }), { nil: undefined }),
        nodes: fc.array(nodeRecord, { maxLength: 4 }),
      },
      { noNullPrototype: true },
    );
    fc.assert(fc.property(hello, (answer) => expectRoundTrip("hello", answer)));
  });

  test("any bytes at all either decode to what encodes to them, or are refused with DecodeError", () => {
    const kind = fc.constantFrom(...REQUEST_KINDS);
    const almost = damaged(
      fc.oneof(
        scanResult.map((answer) => encodeClientAnswer("scan", answer)),
        clusterState.map((answer) => encodeClientAnswer("init", answer)),
        nodeMetrics.map((answer) => encodeClientAnswer("getMetrics", answer)),
        getMultiResult.map((answer) => encodeClientAnswer("getMulti", answer)),
        getLeaseResult.map((answer) => encodeClientAnswer("getLease", answer)),
        queryResult.map((answer) => encodeClientAnswer("query", answer)),
        listLeasesResult.map((answer) => encodeClientAnswer("listLeases", answer)),
      ),
    );
    fc.assert(
      fc.property(kind, fc.oneof(fc.uint8Array({ maxLength: 60 }), almost), (asked, bytes) => {
        for (const expected of new Set([asked, REQUEST_KINDS[bytes[2] ?? 0] ?? asked])) {
          try {
            const answer = decodeClientAnswer(expected, bytes);
            expect(toHex(encodeClientAnswer(expected, answer))).toBe(toHex(bytes));
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("an answer to another question is refused", () => {
    const bytes = encodeClientAnswer("issueTicket", "aspenclientq");
    expect(() => decodeClientAnswer("joinTicket", bytes)).toThrow("an answer to issueTicket, not to joinTicket");
  });

  test.each<readonly [string, RequestKind, readonly Cell[]]>([
    ["another version", "openSession", [2, 2, 7]],
    ["session 0", "openSession", [1, 2, 0]],
    ["a cell too many", "openSession", [1, 2, 7, 7]],
    ["a missing cell", "openSession", [1, 2]],
    ["a membership without voters", "currentState", [1, 12, ["c", 1, null, [[], [], [], []], [1, 1]]]],
    ["a voter without a record", "currentState", [1, 12, ["c", 1, null, [[1], [], [], []], [1, 1]]]],
    ["a cluster id over its bound", "hello", [1, 0, "c".repeat(129), 1, null, []]],
    ["an unknown result", "write", [1, 1, [9]]],
    ["too many entries", "getMulti", [1, 18, 0, 9, 8, Array.from({ length: limits.batchItemsMax + 1 }, () => null)]],
    ["lease 0", "keepLeaseAlive", [1, 19, [0, 1_000, 0]]],
    ["a time to live that no lease has", "keepLeaseAlive", [1, 19, [1, 1, 0]]],
    ["a lease that has less than nothing left", "keepLeaseAlive", [1, 19, [1, 1_000, -1]]],
    ["a cell behind a lease", "keepLeaseAlive", [1, 19, [1, 1_000, 0, 0]]],
    ["an empty key of a lease", "getLease", [1, 20, 0, 9, 8, null, 1, [""]]],
    ["R2: a row that lacks a cell", "query", [1, 22, 0, 9, 8, ["a", "b"], [1]]],
    ["no columns", "query", [1, 22, 0, 9, 8, [], []]],
    ["too many rows", "query", [1, 22, 0, 9, 8, ["a"], Array.from({ length: limits.sqlRowsMax + 1 }, () => 1)]],
    ["a page of leases that does not say whether it is all", "listLeases", [1, 21, 0, 9, 8, []]],
  ])("%s is refused", (_name, kind, row) => {
    expect(() => decodeClientAnswer(kind, encodeRow(row))).toThrow(DecodeError);
  });

  test("a duration that nobody could have measured is never written", () => {
    const written = (quorumAckAgeMs: number) => () => encodeClientAnswer("getMetrics", { ...metrics, quorumAckAgeMs });
    expect(written(Number.NaN)).toThrow("a duration is a finite number");
    expect(written(2 ** 42)).toThrow("shorter than 71 years");
  });

  test("E2: the largest pages and results have no more cells than an answer may have", () => {
    const entriesOf = (count: number): KeyValueEntry[] => Array.from({ length: count }, () => bound);
    const entries = entriesOf(limits.scanLimitMax);
    expectRoundTrip("scan", { ...label, entries, count: entries.length, isTruncated: true, continuation: "01" });
    expectRoundTrip("getMulti", { ...label, entries: entriesOf(limits.batchItemsMax) });
    const some = entriesOf(limits.resultEntriesMax / limits.transactionItemsMax);
    const one = { kind: "scan", entries: some, count: some.length, isTruncated: true } as const;
    const results = Array.from({ length: limits.transactionItemsMax }, () => one);
    expectRoundTrip("write", {
      kind: "written",
      result: { kind: "transaction", revision: 7, succeeded: true, results },
    });
  });

  test("E2: the largest pages of leases, and of the keys of one, fit an answer", () => {
    const furthest = Number.MAX_SAFE_INTEGER;
    const longest: LeaseStatus = { leaseId: furthest, ttlMs: limits.leaseTtlMsMax, remainingMs: furthest };
    const leases = Array.from({ length: limits.scanLimitMax }, () => longest);
    expectRoundTrip("listLeases", { ...label, leases, isTruncated: true });
    expectRoundTrip("getLease", { ...label, lease: longest, ...keysOf(limits.scanLimitMax, 419) });
    expectRoundTrip("getLease", { ...label, lease: longest, ...keysOf(4_096, limits.keyBytesMax) });
  });

  test("R1: a page is never larger than pages are", () => {
    const unbound: GetLeaseResult = { ...label, lease: status, keyCount: 0, keys: [] };
    const tooMany = { ...unbound, ...keysOf(limits.scanLimitMax + 1, 1) };
    const tooLong = { ...unbound, ...keysOf(4_097, limits.keyBytesMax) };
    const leases = Array.from({ length: limits.scanLimitMax + 1 }, () => status);
    const large = { ...entry, value: new Uint8Array(limits.valueBytesMax) };
    expect(() => encodeClientAnswer("getLease", tooMany)).toThrow(AssertionFailure);
    expect(() => encodeClientAnswer("getLease", tooLong)).toThrow(AssertionFailure);
    expect(() => encodeClientAnswer("listLeases", { ...label, leases, isTruncated: false })).toThrow(AssertionFailure);
    expect(() => encodeClientAnswer("getMulti", { ...label, entries: [large, large, large, large] })).toThrow(
      AssertionFailure,
    );
    const row = encodeRow([1, 20, 0, 9, 8, null, 0, [...tooLong.keys]]);
    expect(() => decodeClientAnswer("getLease", row)).toThrow(DecodeError);
    const largeRow = (item: number): Cell => [`k${item}`, large.value, 1, 1, 1, null];
    const many = encodeRow([1, 18, 0, 9, 8, [0, 1, 2, 3].map(largeRow)]);
    expect(() => decodeClientAnswer("getMulti", many)).toThrow(DecodeError);
  });
});

function keysOf(count: number, keyBytes: number): { readonly keyCount: number; readonly keys: readonly string[] } {
  return { keyCount: count, keys: Array.from({ length: count }, () => "k".repeat(keyBytes)) };
}
