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
    "readNodeIds",
    "readNodeRecords",
    "readRequestKind",
    "readSessionReference",
    "readWriteCommand",
  ],
  frameBytesMax: protocolLimits.clientRequestBytesMax,
  seeds: () =>
    bytesOfHex(
      "8401001864420102",
      "850101192710f68304616bf4",
      "850101192710830506048402616b4107f4",
      "83010201",
      "840103181883050604",
      "85010419010068d0bad0bbd18ed18701",
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
      find: 'row.integer("consistency", 0, READ_CONSISTENCIES.length - 1)',
      replace: 'row.integer("consistency", 0)',
    },
  ],
});
