/** The messages of `/aspen/admission/1`: requests and their answers, `[version, kind, ...fields]` each. */
import { assert, unreachable, type NodeId } from "@aspenjs/api";
import { decodeRow, encodeRow, type RowReader } from "@aspenjs/codec";
import { protocolLimits } from "./limits.ts";
import { readClusterId } from "./node-record.ts";

/** Who speaks, told only to a peer that has proven itself. */
export interface AdmittedNode {
  readonly nodeId: NodeId;
  /** `undefined` before the node belongs to a cluster. */
  readonly clusterId: string | undefined;
}

export type AdmissionRequest =
  | { readonly kind: "challenge"; readonly nonce: Uint8Array }
  | { readonly kind: "prove"; readonly proof: Uint8Array; readonly node: AdmittedNode }
  /** The responder's proof does not hold under the dialer's secret. Answered with `unauthorized`, and the end. */
  | { readonly kind: "decline" };

export type AdmissionAnswer =
  | { readonly kind: "challenge"; readonly nonce: Uint8Array; readonly proof: Uint8Array }
  | { readonly kind: "prove"; readonly node: AdmittedNode };

const VERSION = 1;
const CHALLENGE = 0;
const PROVE = 1;
const DECLINE = 2;

export function encodeAdmissionRequest(request: AdmissionRequest): Uint8Array {
  switch (request.kind) {
    case "challenge":
      return encodeRow([VERSION, CHALLENGE, nonceCell(request.nonce)]);
    case "prove": {
      const { nodeId, clusterId } = request.node;
      return encodeRow([VERSION, PROVE, proofCell(request.proof), nodeId, clusterId ?? null]);
    }
    case "decline":
      return encodeRow([VERSION, DECLINE]);
    default:
      return unreachable(request);
  }
}

/** @throws DecodeError on anything that `encodeAdmissionRequest` does not write */
export function decodeAdmissionRequest(bytes: Uint8Array): AdmissionRequest {
  const { row, kind } = open(bytes, DECLINE);
  const request = readRequest(row, kind);
  row.end();
  return request;
}

function readRequest(row: RowReader, kind: number): AdmissionRequest {
  switch (kind) {
    case CHALLENGE:
      return { kind: "challenge", nonce: readNonce(row) };
    case PROVE:
      return { kind: "prove", proof: readProof(row), node: readNode(row) };
    default:
      return { kind: "decline" };
  }
}

export function encodeAdmissionAnswer(answer: AdmissionAnswer): Uint8Array {
  return answer.kind === "challenge"
    ? encodeRow([VERSION, CHALLENGE, nonceCell(answer.nonce), proofCell(answer.proof)])
    : encodeRow([VERSION, PROVE, answer.node.nodeId, answer.node.clusterId ?? null]);
}

/** @throws DecodeError on anything that `encodeAdmissionAnswer` does not write */
export function decodeAdmissionAnswer(bytes: Uint8Array): AdmissionAnswer {
  const { row, kind } = open(bytes, PROVE);
  const answer: AdmissionAnswer =
    kind === CHALLENGE
      ? { kind: "challenge", nonce: readNonce(row), proof: readProof(row) }
      : { kind: "prove", node: readNode(row) };
  row.end();
  return answer;
}

function open(bytes: Uint8Array, kindMax: number): { readonly row: RowReader; readonly kind: number } {
  const row = decodeRow(bytes, protocolLimits.admissionMessageBytesMax);
  row.integer("version", VERSION, VERSION);
  return { row, kind: row.integer("kind", CHALLENGE, kindMax) };
}

function readNode(row: RowReader): AdmittedNode {
  return { nodeId: row.integer("nodeId", 1), clusterId: row.optional((cells) => readClusterId(cells)) };
}

function readNonce(row: RowReader): Uint8Array {
  return row.fixedBytes("nonce", protocolLimits.nonceBytes);
}

function readProof(row: RowReader): Uint8Array {
  return row.fixedBytes("proof", protocolLimits.proofBytes);
}

function nonceCell(nonce: Uint8Array): Uint8Array {
  assert(nonce.byteLength === protocolLimits.nonceBytes, "a nonce has its full length");
  return nonce;
}

function proofCell(proof: Uint8Array): Uint8Array {
  assert(proof.byteLength === protocolLimits.proofBytes, "a proof has its full length");
  return proof;
}
