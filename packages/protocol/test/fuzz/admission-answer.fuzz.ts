import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { decodeAdmissionAnswer, encodeAdmissionAnswer, protocolLimits, type AdmissionAnswer } from "../../src/index.ts";

const nonce = new Uint8Array(protocolLimits.nonceBytes).fill(7);
const proof = new Uint8Array(protocolLimits.proofBytes).fill(9);

export const target = defineTarget<AdmissionAnswer>({
  name: "protocol/admission-answer",
  decodes: "what a node that admits answers",
  covers: ["decodeAdmissionAnswer"],
  frameBytesMax: protocolLimits.admissionMessageBytesMax,
  seeds: () => [
    encodeAdmissionAnswer({ kind: "challenge", nonce, proof }),
    encodeAdmissionAnswer({ kind: "prove", node: { nodeId: 3, clusterId: "c1" } }),
    encodeAdmissionAnswer({ kind: "prove", node: { nodeId: 1, clusterId: undefined } }),
  ],
  decode: throwing(decodeAdmissionAnswer, DecodeError),
  encode: { form: "canonical", write: encodeAdmissionAnswer },
  canaries: [
    {
      name: "cells behind an answer",
      file: "packages/protocol/src/admission-message.ts",
      find: "  row.end();\n  return answer;",
      replace: "  return answer;",
    },
    {
      name: "a loop without end",
      file: "packages/protocol/src/admission-message.ts",
      find: '  return { row, kind: row.integer("kind", CHALLENGE, kindMax) };',
      replace: `  const kind = row.integer("kind", CHALLENGE, kindMax);
  while (kind === CHALLENGE && row.remaining === 1) continue;
  return { row, kind };`,
    },
  ],
});
