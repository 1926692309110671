import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import { decodeClusterMessageAnswer, encodeClusterMessageAnswer, protocolLimits } from "../../src/index.ts";
import { clusterState } from "../wire-values.ts";

const KINDS = ["prepareInit", "joinAsLearner", "describe"] as const;
/** Where the kind stands in the row, behind its head and the version. */
const KIND_AT = 2;

interface Answered {
  readonly kind: (typeof KINDS)[number];
  readonly answer: unknown;
}

function encode({ kind, answer }: Answered): Uint8Array {
  const write = encodeClusterMessageAnswer as (kind: string, answer: unknown) => Uint8Array;
  return write(kind, answer);
}

export const target = defineTarget<Answered>({
  name: "protocol/cluster-answer",
  decodes: "what nodes answer each other outside of consensus, by the kind of the message",
  covers: ["decodeClusterMessageAnswer", "readPeerId"],
  frameBytesMax: protocolLimits.clusterMessageBytesMax,
  seeds: () =>
    bytesOfHex(
      "83010000",
      "8501000173616c72656164795f696e697469616c697a6564626e6f",
      "87010201617081622f61f4f6",
      "87010201617081622f61f5626331",
    ),
  values: clusterState.map((answer) => ({ kind: "joinAsLearner" as const, answer })),
  decode: throwing((bytes) => {
    const kind = KINDS[bytes[KIND_AT] ?? 0] ?? "describe";
    return { kind, answer: decodeClusterMessageAnswer(kind, bytes) };
  }, DecodeError),
  encode: { form: "canonical", write: encode },
  canaries: [
    {
      name: "cells behind an answer",
      file: "packages/protocol/src/cluster-message.ts",
      find: "  row.end();\n  return answer;",
      replace: "  return answer;",
    },
    {
      name: "a failed assertion instead of a refusal",
      file: "packages/protocol/src/cluster-message.ts",
      find: "if (answered !== kind) throw new DecodeError",
      replace: "if (answered !== kind) throw new RangeError",
    },
  ],
});
