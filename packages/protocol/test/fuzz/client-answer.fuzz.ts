import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeClientAnswer, encodeClientAnswer, protocolLimits, REQUEST_KINDS } from "../../src/index.ts";
import {
  clusterState,
  getLeaseResult,
  getMultiResult,
  getResult,
  leaseStatus,
  listLeasesResult,
  nodeMetrics,
  queryResult,
  scanResult,
} from "../wire-values.ts";
import { commandResult } from "./write-values.ts";

interface Answered {
  readonly kind: (typeof REQUEST_KINDS)[number];
  readonly answer: unknown;
}

/** Where the kind stands in the row, behind its head and the version. */
const KIND_AT = 2;

function encode({ kind, answer }: Answered): Uint8Array {
  const write = encodeClientAnswer as (kind: string, answer: unknown) => Uint8Array;
  return write(kind, answer);
}

function answers(kind: Answered["kind"], answer: fc.Arbitrary<unknown>): fc.Arbitrary<Answered> {
  return answer.map((value) => ({ kind, answer: value }));
}

export const target = defineTarget<Answered>({
  name: "protocol/client-answer",
  decodes: "what a node answers to a client, by the kind of the request",
  covers: [
    "decodeClientAnswer",
    "readClusterId",
    "readClusterState",
    "readLeaderInfo",
    "readLeaseStatus",
    "readLegalMembership",
    "readNodeMetrics",
    "readSqlTable",
  ],
  frameBytesMax: protocolLimits.clientAnswerBytesMax,
  amplification: { times: 4, reason: "a full page has more cells for its bytes than any other message" },
  seeds: () =>
    bytesOfHex(
      "860100626331010282830162703181622f61830262703280",
      "860100f601f680",
      "8301018200830007f6",
      "8301018103",
      "83010219012c",
      "8301038102",
      "86010400090886616b4105030902f6",
      "860104020908f6",
      "8901050009088186616b4105030902f601f5623031",
      "83010b03",
      "83010e820107",
      "83010f820181622f61",
      "83011063616263",
      "8601120009088286616b410503090219012cf6",
      "8301138319012c19ea6019e678",
      "8801140009088319012c19ea6019e67802816161",
      "880114000908f601816161",
      "870115000908818319012c19ea6019e678f5",
      "87011600090882616161628601f6617881483fe0000000000000410581742d39323233333732303336383534373735383038",
    ),
  // Durations that are not the same again when they were milliseconds; empty text; 1 and 0.5 as REAL.
  dictionary: bytesOfHex(
    "1b001f6809e6db9b37",
    "1b001ffffffffffffd",
    "60",
    "81483ff0000000000000",
    "81483fe0000000000000",
  ),
  values: fc.oneof(
    answers("write", commandResult),
    answers("get", getResult),
    answers("scan", scanResult),
    answers("getMulti", getMultiResult),
    answers("keepLeaseAlive", leaseStatus),
    answers("getLease", getLeaseResult),
    answers("listLeases", listLeasesResult),
    answers("query", queryResult),
    answers("currentState", clusterState),
    answers("getMetrics", nodeMetrics),
    answers("issueTicket", fc.string({ unit: "grapheme", maxLength: 20 })),
  ),
  decode: throwing((bytes) => {
    const kind = REQUEST_KINDS[bytes[KIND_AT] ?? 0] ?? "hello";
    return { kind, answer: decodeClientAnswer(kind, bytes) };
  }, DecodeError),
  encode: { form: "canonical", write: encode },
  canaries: [
    {
      name: "durations that milliseconds do not hold",
      file: "packages/protocol/src/node-metrics.ts",
      find: "row.integer(name, 0, MICROSECONDS_MAX) /",
      replace: "row.integer(name) /",
    },
    {
      name: "cells behind an answer",
      file: "packages/protocol/src/client-answer.ts",
      find: "  row.end();\n",
      replace: "",
    },
    {
      name: "a membership that contradicts itself",
      file: "packages/protocol/src/cluster-state.ts",
      find: "  if (problem !== undefined) throw new DecodeError(problem);\n  return membership;",
      replace: "  if (problem !== undefined) throw new Error(problem);\n  return membership;",
    },
    {
      name: "cells behind the status of a lease",
      file: "packages/protocol/src/lease-row.ts",
      find: "  row.end();\n  return status;",
      replace: "  return status;",
    },
    {
      name: "empty keys of a lease",
      file: "packages/protocol/src/client-answer.ts",
      find: 'row.list("keys", limits.scanLimitMax, readKey)',
      replace: 'row.list("keys", limits.scanLimitMax, (items) => items.text("key", limits.keyBytesMax))',
    },
    {
      name: "a row of a query that lacks cells",
      file: "packages/protocol/src/sql-cell.ts",
      find: "columns.length === 0 || cells.length % columns.length !== 0",
      replace: "columns.length === 0",
    },
    {
      name: "a REAL in two forms",
      file: "packages/protocol/src/sql-cell.ts",
      find: "Number.isNaN(value) || Number.isSafeInteger(value)",
      replace: "Number.isNaN(value)",
    },
    {
      name: "cells behind metrics",
      file: "packages/protocol/src/node-metrics.ts",
      find: "  row.end();\n  return metrics;",
      replace: "  return metrics;",
    },
  ],
});
