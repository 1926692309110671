import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import {
  decodeAdmissionRequest,
  encodeAdmissionRequest,
  protocolLimits,
  type AdmissionRequest,
} from "../../src/index.ts";

const nonce = new Uint8Array(protocolLimits.nonceBytes).fill(7);
const proof = new Uint8Array(protocolLimits.proofBytes).fill(9);

export const target = defineTarget<AdmissionRequest>({
  name: "protocol/admission-request",
  decodes: "what a stranger says to be admitted",
  covers: ["decodeAdmissionRequest"],
  frameBytesMax: protocolLimits.admissionMessageBytesMax,
  seeds: () => [
    encodeAdmissionRequest({ kind: "challenge", nonce }),
    encodeAdmissionRequest({ kind: "prove", proof, node: { nodeId: 3, clusterId: "c1" } }),
    encodeAdmissionRequest({ kind: "prove", proof, node: { nodeId: Number.MAX_SAFE_INTEGER, clusterId: undefined } }),
    encodeAdmissionRequest({ kind: "decline" }),
  ],
  decode: throwing(decodeAdmissionRequest, DecodeError),
  encode: { form: "canonical", write: encodeAdmissionRequest },
  canaries: [
    {
      name: "memory for a length that is only claimed",
      file: "packages/protocol/src/admission-message.ts",
      find: "  const row = decodeRow(bytes, protocolLimits.admissionMessageBytesMax);",
      replace: `  const claimed = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength > 8) new Uint8Array(claimed.getUint32(2) % 1_000_000_000);
  const row = decodeRow(bytes, protocolLimits.admissionMessageBytesMax);`,
    },
    {
      name: "a nonce of any length",
      file: "packages/protocol/src/admission-message.ts",
      find: 'row.fixedBytes("nonce", protocolLimits.nonceBytes)',
      replace: 'row.bytes("nonce", protocolLimits.nonceBytes)',
    },
    {
      name: "names of the peer become properties of every object",
      file: "packages/protocol/src/admission-message.ts",
      find: '  row.integer("version", VERSION, VERSION);',
      replace: `  row.integer("version", VERSION, VERSION);
  if (bytes.byteLength % 5 === 0) Object.assign(Object.prototype, { polluted: true });`,
    },
  ],
});
