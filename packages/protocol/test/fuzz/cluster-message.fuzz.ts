import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeClusterMessage, encodeClusterMessage, protocolLimits, type ClusterMessage } from "../../src/index.ts";
import { clusterState, nodeRecord } from "../wire-values.ts";

export const target = defineTarget<ClusterMessage>({
  name: "protocol/cluster-message",
  decodes: "what nodes ask each other outside of consensus",
  covers: ["decodeClusterMessage"],
  frameBytesMax: protocolLimits.clusterMessageBytesMax,
  seeds: () => bytesOfHex("840100626331848101808081830162703181622f61", "830101830262703280", "820102"),
  values: fc.oneof(
    clusterState.map(({ clusterId, membership }) => ({ kind: "prepareInit" as const, clusterId, membership })),
    nodeRecord.map((node) => ({ kind: "joinAsLearner" as const, node })),
    fc.constant({ kind: "describe" as const }),
  ),
  decode: throwing(decodeClusterMessage, DecodeError),
  encode: { form: "canonical", write: encodeClusterMessage },
  canaries: [
    {
      name: "a kind that does not exist",
      file: "packages/protocol/src/cluster-message.ts",
      find: 'row.integer("kind", 0, KINDS.length - 1)',
      replace: 'row.integer("kind", 0)',
    },
    {
      name: "cells behind a message",
      file: "packages/protocol/src/cluster-message.ts",
      find: "  row.end();\n  return message;",
      replace: "  return message;",
    },
  ],
});
