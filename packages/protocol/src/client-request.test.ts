import { AssertionFailure, limits, type NodeRecord } from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientRequest, damaged, fromHex, toHex } from "../test/wire-values.ts";
import { decodeClientCall, encodeClientCall, type ClientCall, type ClientRequest } from "./client-request.ts";
import { protocolLimits } from "./limits.ts";
import { REQUEST_KINDS } from "./request-kind.ts";

const node: NodeRecord = { nodeId: 3, peerId: "p3", addresses: ["/a"] };
const session = { sessionId: 5, sequence: 6, acknowledgedThrough: 4 };

/** These bytes are between releases: a change here needs a new protocol. */
const GOLDEN: readonly (readonly [string, number, ClientRequest, string])[] = [
  ["hello", 100, { kind: "hello", ticket: new Uint8Array([1, 2]) }, "8401001864420102"],
  [
    "write without a session",
    10000,
    { kind: "write", command: { kind: "delete", key: "k" } },
    "850101192710f68304616bf4",
  ],
  [
    "write in a session",
    10000,
    { kind: "write", session, command: { kind: "set", key: "k", value: new Uint8Array([7]) } },
    "850101192710830506048502616b4107f4f6",
  ],
  ["openSession", 1, { kind: "openSession" }, "83010201"],
  ["closeSession", 24, { kind: "closeSession", session }, "840103181883050604"],
  ["get", 256, { kind: "get", key: "ключ", consistency: "lease" }, "85010419010068d0bad0bbd18ed18701"],
  [
    "scan of a prefix",
    100,
    {
      kind: "scan",
      range: { kind: "prefix", prefix: "" },
      limit: 1000,
      reverse: false,
      keysOnly: true,
      consistency: "linearizable",
      continuation: undefined,
    },
    "89010518648200601903e8f4f500f6",
  ],
  [
    "scan of a range",
    100,
    {
      kind: "scan",
      range: { kind: "range", start: "a", end: "b" },
      limit: 0,
      reverse: true,
      keysOnly: false,
      consistency: "stale",
      continuation: "0100",
    },
    "890105186483016161616200f5f4026430313030",
  ],
  ["init", 3600000, { kind: "init", members: [node] }, "8401061a0036ee8081830362703381622f61"],
  ["addLearner", 100, { kind: "addLearner", node, waitForCatchUp: true }, "8501071864830362703381622f61f5"],
  ["promoteLearner", 100, { kind: "promoteLearner", nodeId: 3, replace: 2, force: false }, "86010818640302f4"],
  [
    "changeMembership",
    100,
    { kind: "changeMembership", voters: [1, 2, 3], retainRemovedAsLearners: true },
    "850109186483010203f5",
  ],
  ["removeNode", 100, { kind: "removeNode", nodeId: 300 }, "84010a186419012c"],
  ["transferLeadership", 100, { kind: "transferLeadership", nodeId: 2 }, "84010b186402"],
  ["transferLeadership to anyone", 100, { kind: "transferLeadership", nodeId: undefined }, "84010b1864f6"],
  ["currentState", 100, { kind: "currentState" }, "83010c1864"],
  ["getMetrics", 100, { kind: "getMetrics" }, "83010d1864"],
  ["triggerSnapshot", 100, { kind: "triggerSnapshot" }, "83010e1864"],
  ["getLeader", 100, { kind: "getLeader" }, "83010f1864"],
  [
    "issueTicket",
    100,
    { kind: "issueTicket", access: "write", keyPrefixes: ["a/"], ttlMs: 60_000 },
    "86011018646577726974658162612f19ea60",
  ],
  ["joinTicket", 100, { kind: "joinTicket" }, "8301111864"],
  ["getMulti", 100, { kind: "getMulti", keys: ["b", "a"], consistency: "lease" }, "8501121864826162616101"],
  ["keepLeaseAlive", 100, { kind: "keepLeaseAlive", leaseId: 300 }, "840113186419012c"],
  [
    "getLease",
    100,
    { kind: "getLease", leaseId: 300, keysLimit: 10_000, consistency: "linearizable" },
    "860114186419012c19271000",
  ],
  [
    "query",
    100,
    {
      kind: "query",
      sql: "VALUES (?)",
      parameters: [null, 7, "t", new Uint8Array([5]), 1.5, 2n ** 53n],
      consistency: "linearizable",
    },
    "86011618646a56414c55455320283f2986f6076174410581483ff800000000000081703930303731393932353437343039393200",
  ],
  ["listLeases", 100, { kind: "listLeases", after: 0, limit: 1_000, consistency: "stale" }, "8601151864001903e802"],
];

const asked = (request: ClientRequest): ClientCall => ({ deadlineMs: 1, request });
const tooManyKeys = Array.from({ length: limits.batchItemsMax + 1 }, () => "k");

const call: fc.Arbitrary<ClientCall> = fc.record(
  { deadlineMs: fc.integer({ min: 1, max: protocolLimits.deadlineMsMax }), request: clientRequest },
  { noNullPrototype: true },
);

describe("client requests", () => {
  test.each(GOLDEN)("E3: %s keeps its bytes", (_name, deadlineMs, request, bytes) => {
    expect(toHex(encodeClientCall({ deadlineMs, request }))).toBe(bytes);
    expect(decodeClientCall(fromHex(bytes))).toStrictEqual({ deadlineMs, request });
  });

  test("every kind has golden bytes", () => {
    expect(new Set(GOLDEN.map(([, , request]) => request.kind))).toEqual(new Set(REQUEST_KINDS));
  });

  test("every request reads back as it was written", () => {
    fc.assert(
      fc.property(call, (sent) => {
        expect(decodeClientCall(encodeClientCall(sent))).toStrictEqual(sent);
      }),
    );
  });

  test("E1: any bytes at all either decode to what encodes to them, or are refused with DecodeError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged(call.map(encodeClientCall))), (bytes) => {
        try {
          expect(toHex(encodeClientCall(decodeClientCall(bytes)))).toBe(toHex(bytes));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("values that were read do not change when the frame's memory is used again", () => {
    const frame = Buffer.from(
      encodeClientCall({ deadlineMs: 1, request: { kind: "hello", ticket: new Uint8Array([1, 2, 3]) } }),
    );
    const { request } = decodeClientCall(frame);
    frame.fill(0);
    expect(request).toStrictEqual({ kind: "hello", ticket: new Uint8Array([1, 2, 3]) });
  });

  test.each<readonly [string, readonly Cell[]]>([
    ["another version", [2, 2, 100]],
    ["an unknown kind", [1, REQUEST_KINDS.length, 100]],
    ["no time left", [1, 2, 0]],
    ["a deadline beyond its bound", [1, 2, protocolLimits.deadlineMsMax + 1]],
    ["a cell too many", [1, 2, 100, null]],
    ["a missing field", [1, 4, 100, "key"]],
    ["a key over its bound", [1, 4, 100, "k".repeat(1_025), 0]],
    ["an unknown consistency", [1, 4, 100, "key", 3]],
    ["a scan beyond its limit", [1, 5, 100, [0, ""], 10_001, false, false, 0, null]],
    ["a range bound over its size", [1, 5, 100, [0, "k".repeat(2_049)], 10, false, false, 0, null]],
    ["a continuation over its size", [1, 5, 100, [0, ""], 10, false, false, 0, "c".repeat(4_097)]],
    ["session 0", [1, 1, 100, [0, 1, 0], [4, "key", false]]],
    ["node 0", [1, 10, 100, 0]],
    ["too many members", [1, 6, 100, Array.from({ length: 65 }, (_, i) => [i + 1, `p${i}`, []])]],
    ["too many addresses", [1, 6, 100, [[1, "p", Array.from({ length: 17 }, () => "/a")]]]],
    ["too many key prefixes", [1, 16, 100, "read", Array.from({ length: 17 }, () => "a"), null]],
    ["an access that does not exist", [1, 16, 100, "root", [], null]],
    ["a read of no keys", [1, 18, 100, [], 0]],
    ["a read of an empty key", [1, 18, 100, ["a", ""], 0]],
    ["a read of too many keys", [1, 18, 100, Array.from({ length: limits.batchItemsMax + 1 }, () => "k"), 0]],
    ["a read of many keys, of a consistency that does not exist", [1, 18, 100, ["k"], 3]],
    ["a keep-alive of lease 0", [1, 19, 100, 0]],
    ["a lease's status, of lease 0", [1, 20, 100, 0, 0, 0]],
    ["too many keys of a lease", [1, 20, 100, 1, limits.scanLimitMax + 1, 0]],
    ["a small integer as a large one", [1, 22, 1, "x", [["1000000000000000"]], 0]],
    ["a large integer beyond 64 bits", [1, 22, 1, "x", [["9223372036854775808"]], 0]],
    ["a large integer in another form", [1, 22, 1, "x", [["+9223372036854775807"]], 0]],
    ["an integer as a REAL", [1, 22, 1, "x", [[new Uint8Array(8)]], 0]],
    ["a NaN", [1, 22, 1, "x", [[new Uint8Array(8).fill(0xff)]], 0]],
    ["a REAL of seven bytes", [1, 22, 1, "x", [[new Uint8Array(7)]], 0]],
    ["a boolean of SQL", [1, 22, 1, "x", [true], 0]],
    ["two numbers in a cell", [1, 22, 1, "x", [["9007199254740993", 1]], 0]],
    ["too many parameters", [1, 22, 1, "x", Array.from({ length: 101 }, () => 1), 0]],
    ["a statement that is too long", [1, 22, 1, "x".repeat(65_537), [], 0]],
    ["leases after none", [1, 21, 100, -1, 10, 0]],
    ["too many leases", [1, 21, 100, 0, limits.scanLimitMax + 1, 0]],
    ["an action of the log as a write", [1, 1, 100, null, [14]]],
    ["a ticket over its bound", [1, 0, 100, new Uint8Array(protocolLimits.ticketBytesMax + 1)]],
  ])("%s is refused", (_name, row) => {
    expect(() => decodeClientCall(encodeRow(row))).toThrow(DecodeError);
  });

  test("a read of as many keys as there may be fits a request", () => {
    const keys = Array.from({ length: limits.batchItemsMax }, () => "k".repeat(limits.keyBytesMax));
    const largest = asked({ kind: "getMulti", keys, consistency: "lease" });
    expect(decodeClientCall(encodeClientCall(largest))).toStrictEqual(largest);
  });

  test("E2: what is too long is refused before it is read", () => {
    expect(() => decodeClientCall(new Uint8Array(protocolLimits.clientRequestBytesMax + 1))).toThrow("exceeds");
  });

  test.each<readonly [string, ClientCall]>([
    ["a fractional deadline", { deadlineMs: 1.5, request: { kind: "openSession" } }],
    ["a deadline that has passed", { deadlineMs: 0, request: { kind: "openSession" } }],
    ["a deadline beyond its bound", { deadlineMs: protocolLimits.deadlineMsMax + 1, request: { kind: "getLeader" } }],
    ["a read of no keys", asked({ kind: "getMulti", keys: [], consistency: "stale" })],
    ["a read of an empty key", asked({ kind: "getMulti", keys: [""], consistency: "stale" })],
    ["a read of too many keys", asked({ kind: "getMulti", keys: tooManyKeys, consistency: "stale" })],
    ["a keep-alive of lease 0", asked({ kind: "keepLeaseAlive", leaseId: 0 })],
    ["too many keys of a lease", asked({ kind: "getLease", leaseId: 1, keysLimit: 10_001, consistency: "stale" })],
    ["leases after none", asked({ kind: "listLeases", after: -1, limit: 1, consistency: "stale" })],
    ["too many leases", asked({ kind: "listLeases", after: 0, limit: 10_001, consistency: "stale" })],
  ])("%s is never written", (_name, wrong) => {
    expect(() => encodeClientCall(wrong)).toThrow(AssertionFailure);
  });
});
