import {
  limits,
  NODE_ROLES,
  READ_CONSISTENCIES,
  type ClusterState,
  type GetLeaseResult,
  type GetMultiResult,
  type LeaseStatus,
  type ListLeasesResult,
  type NodeMetrics,
  type ScanResult,
  type SqlCell,
  type SqlQueryResult,
} from "@aspenjs/api";
import fc from "fast-check";
import { TICKET_ACCESSES, type ClientRequest, type RequestByKind, type RequestKind } from "../src/index.ts";
import { keyRange, keyValueEntry, sessionReference, writeCommand } from "./fuzz/write-values.ts";

/** Random values of everything that travels, within the bounds of the wire. */
const plain = { noNullPrototype: true } as const;
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const value = fc.uint8Array({ maxLength: 40 });
const integer = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const optionalInteger = fc.option(integer, { nil: undefined });
const consistency = fc.constantFrom(...READ_CONSISTENCIES);
/** Durations that were measured in whole microseconds. */
const milliseconds = fc.nat().map((microseconds) => microseconds / 1_000);
const optionalMilliseconds = fc.option(milliseconds, { nil: undefined });

const logId = fc.record({ term: fc.maxSafeNat(), index: fc.maxSafeNat() }, plain);
const addresses = fc.array(text, { maxLength: 4 });
export const nodeRecord = fc.record({ nodeId: integer, peerId: text, addresses }, plain);

const optionalEntry = fc.option(keyValueEntry, { nil: undefined });
const label = { consistency, appliedIndex: fc.maxSafeNat(), revision: fc.maxSafeNat() };

export const clusterState: fc.Arbitrary<ClusterState> = fc
  .record({
    clusterId: text,
    term: fc.maxSafeNat(),
    leader: optionalInteger,
    membershipLogId: logId,
    ids: fc.uniqueArray(integer, { minLength: 1, maxLength: 6 }).map((ids) => ids.sort((left, right) => left - right)),
    voterCount: fc.integer({ min: 1, max: 6 }),
    addresses,
  })
  .map(({ ids, voterCount, addresses: nodeAddresses, ...state }) => ({
    ...state,
    membership: {
      voters: ids.slice(0, voterCount),
      outgoingVoters: ids.slice(0, 1),
      learners: ids.slice(voterCount),
      nodes: ids.map((nodeId) => ({ nodeId, peerId: `peer-${nodeId}`, addresses: nodeAddresses })),
    },
  }));

const latency = fc.record({ count: fc.nat(), p50Ms: milliseconds, p99Ms: milliseconds, maxMs: milliseconds }, plain);

export const nodeMetrics: fc.Arbitrary<NodeMetrics> = fc.record(
  {
    nodeId: integer,
    role: fc.constantFrom(...NODE_ROLES),
    term: fc.maxSafeNat(),
    vote: optionalInteger,
    leader: optionalInteger,
    lastLogId: logId,
    committedIndex: fc.maxSafeNat(),
    appliedIndex: fc.maxSafeNat(),
    snapshotLogId: logId,
    purgedLogId: logId,
    peers: fc.array(
      fc.record(
        {
          nodeId: integer,
          matchIndex: fc.maxSafeNat(),
          replication: fc.constantFrom("probe" as const, "replicate" as const, "snapshot" as const),
          lastContactMs: optionalMilliseconds,
        },
        plain,
      ),
      { maxLength: 3 },
    ),
    quorumAckAgeMs: optionalMilliseconds,
    proposalsInFlight: fc.nat(),
    readsWaiting: fc.nat(),
    applyLatency: latency,
    logWriteLatency: latency,
  },
  plain,
);

export const getResult = fc.record({ ...label, entry: optionalEntry }, plain);

export const scanResult: fc.Arbitrary<ScanResult> = fc
  .record(
    {
      ...label,
      entries: fc.array(keyValueEntry, { maxLength: 4 }),
      count: fc.nat(),
      isTruncated: fc.boolean(),
      continuation: text,
    },
    plain,
  )
  .map(({ continuation, ...page }) => (page.isTruncated ? { ...page, continuation } : page));

export const getMultiResult: fc.Arbitrary<GetMultiResult> = fc.record(
  { ...label, entries: fc.array(optionalEntry, { maxLength: 4 }) },
  plain,
);

export const leaseStatus: fc.Arbitrary<LeaseStatus> = fc.record(
  {
    leaseId: integer,
    ttlMs: fc.integer({ min: limits.leaseTtlMsMin, max: limits.leaseTtlMsMax }),
    remainingMs: fc.maxSafeNat(),
  },
  plain,
);

export const getLeaseResult: fc.Arbitrary<GetLeaseResult> = fc.record(
  {
    ...label,
    lease: fc.option(leaseStatus, { nil: undefined }),
    keyCount: fc.maxSafeNat(),
    keys: fc.array(key, { maxLength: 4 }),
  },
  plain,
);

export const listLeasesResult: fc.Arbitrary<ListLeasesResult> = fc.record(
  { ...label, leases: fc.array(leaseStatus, { maxLength: 4 }), isTruncated: fc.boolean() },
  plain,
);

const sqlValue: fc.Arbitrary<SqlCell> = fc.oneof(
  fc.constant(null),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  fc.double({ noNaN: true }).filter((number) => !Number.isSafeInteger(number)),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.uint8Array({ maxLength: 20 }),
);

export const queryResult: fc.Arbitrary<SqlQueryResult> = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.record(
    {
      ...label,
      columns: fc.array(fc.string({ unit: "grapheme", maxLength: 10 }), { minLength: width, maxLength: width }),
      rows: fc.array(fc.array(sqlValue, { minLength: width, maxLength: width }), { maxLength: 5 }),
    },
    plain,
  ),
);

const pageLimit = fc.nat({ max: limits.scanLimitMax });

const requestByKind: { readonly [Kind in RequestKind]: fc.Arbitrary<Omit<RequestByKind[Kind], "kind">> } = {
  hello: fc.record({ ticket: value }, plain),
  write: fc.oneof(
    fc.record({ command: writeCommand }, plain),
    fc.record({ session: sessionReference, command: writeCommand }, plain),
  ),
  openSession: fc.constant({}),
  closeSession: fc.record({ session: sessionReference }, plain),
  get: fc.record({ key, consistency }, plain),
  scan: fc.record(
    {
      range: keyRange,
      limit: pageLimit,
      reverse: fc.boolean(),
      keysOnly: fc.boolean(),
      consistency,
      continuation: fc.option(text, { nil: undefined }),
    },
    plain,
  ),
  init: fc.record({ members: fc.array(nodeRecord, { maxLength: 4 }) }, plain),
  addLearner: fc.record({ node: nodeRecord, waitForCatchUp: fc.boolean() }, plain),
  promoteLearner: fc.record({ nodeId: integer, replace: optionalInteger, force: fc.boolean() }, plain),
  changeMembership: fc.record(
    { voters: fc.array(integer, { maxLength: 5 }), retainRemovedAsLearners: fc.boolean() },
    plain,
  ),
  removeNode: fc.record({ nodeId: integer }, plain),
  transferLeadership: fc.record({ nodeId: optionalInteger }, plain),
  currentState: fc.constant({}),
  getMetrics: fc.constant({}),
  triggerSnapshot: fc.constant({}),
  getLeader: fc.constant({}),
  issueTicket: fc.record(
    {
      access: fc.constantFrom(...TICKET_ACCESSES),
      keyPrefixes: fc.array(text, { maxLength: 4 }),
      ttlMs: fc.option(fc.integer({ min: 1, max: 86_400_000 }), { nil: undefined }),
    },
    plain,
  ),
  joinTicket: fc.constant({}),
  getMulti: fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 4 }), consistency }, plain),
  keepLeaseAlive: fc.record({ leaseId: integer }, plain),
  getLease: fc.record({ leaseId: integer, keysLimit: pageLimit, consistency }, plain),
  listLeases: fc.record({ after: fc.maxSafeNat(), limit: pageLimit, consistency }, plain),
  query: fc.record(
    {
      sql: fc.string({ unit: "grapheme", maxLength: 40 }),
      parameters: fc.array(sqlValue, { maxLength: 5 }),
      consistency,
    },
    plain,
  ),
};

export const clientRequest: fc.Arbitrary<ClientRequest> = fc.oneof(
  ...Object.entries(requestByKind).map(([kind, fields]) =>
    (fields as fc.Arbitrary<object>).map((request) => ({ kind, ...request }) as ClientRequest),
  ),
);

/** The bytes with one of them changed: almost a message. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(bytes, fc.nat(), fc.nat({ max: 255 })).map(([whole, position, byte]) => {
    const copy = Uint8Array.from(whole);
    copy[position % copy.byteLength] = byte;
    return copy;
  });
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function fromHex(text: string): Uint8Array {
  return Buffer.from(text, "hex");
}
