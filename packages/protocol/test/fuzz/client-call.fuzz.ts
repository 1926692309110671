import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeClientCall, encodeClientCall, protocolLimits, type ClientCall } from "../../src/index.ts";
import { clientRequest } from "../wire-values.ts";

export const target = defineTarget<ClientCall>({
  name: "protocol/client-call",
  decodes: "what a client asks of a node",
  covers: [
    "decodeClientCall",
    "readAddresses",
    "readConsistency",
    "readKeyPrefixes",
    "readKeyRange",
    "readLeaseId",
    "readNodeIds",
    "readNodeRecords",
    "readRequestKind",
    "readSessionReference",
    "readSqlCell",
    "readWriteCommand",
  ],
  frameBytesMax: protocolLimits.clientRequestBytesMax,
  seeds: () =>
    bytesOfHex(
      "8401001864420102",
      "850101192710f68304616bf4",
      "850101192710830506048502616b4107f4f6",
      "83010201",
      "840103181883050604",
      "85010419010068d0bad0bbd18ed18701",
      "8501011864f6820b07",
      "8501121864826162616101",
      "840113186419012c",
      "860114186419012c19271000",
      "8601151864001903e802",
      "86011618646a56414c55455320283f2986f6076174410581483ff800000000000081703930303731393932353437343039393200",
    ),
  values: fc.record(
    { deadlineMs: fc.integer({ min: 1, max: protocolLimits.deadlineMsMax }), request: clientRequest },
    { noNullPrototype: true },
  ),
  decode: throwing(decodeClientCall, DecodeError),
  encode: { form: "canonical", write: encodeClientCall },
  canaries: [
    {
      name: "cells behind a request",
      file: "packages/protocol/src/client-request.ts",
      find: "  row.end();\n",
      replace: "",
    },
    {
      name: "a deadline without a bound",
      file: "packages/protocol/src/client-request.ts",
      find: 'row.integer("deadlineMs", 1, protocolLimits.deadlineMsMax)',
      replace: 'row.integer("deadlineMs", 1)',
    },
    {
      name: "a consistency that does not exist",
      file: "packages/protocol/src/client-request.ts",
      find: 'readNumberedWord(row, "consistency", READ_CONSISTENCIES)',
      replace: 'READ_CONSISTENCIES[row.integer("consistency")] ?? "stale"',
    },
    {
      name: "a read of no keys",
      file: "packages/protocol/src/client-request.ts",
      find: '  if (keys.length === 0) throw new DecodeError("a read of many keys names at least one");',
      replace: "",
    },
    {
      name: "a small integer of a query as a large one",
      file: "packages/protocol/src/sql-cell.ts",
      find: '  if (Number.isSafeInteger(Number(value))) throw new DecodeError("a small integer as a large one");\n',
      replace: "",
    },
    {
      name: "a page without a bound",
      file: "packages/protocol/src/client-request.ts",
      find: "row.integer(name, 0, limits.scanLimitMax)",
      replace: "row.integer(name)",
    },
    {
      name: "an action of the log as a write",
      file: "packages/protocol/src/write-command-row.ts",
      find: 'row.integer("kind", WRITE_KIND_MIN, WRITE_KIND_MAX)',
      replace: 'row.integer("kind", WRITE_KIND_MIN)',
    },
  ],
});
