/**
 * How two nodes prove to each other that they know the cluster secret, before either tells the other anything.
 *
 * The dialer sends a fresh nonce; the responder answers with a nonce of its own and its proof; the dialer checks it and
 * sends its own, or declines when the responder's proof does not hold, so that the responder knows why nothing follows.
 * Peer ids come from the transport, which has proven them.
 *
 * A1  A proof is an HMAC-SHA256 under the admission key; it says nothing about the key.
 * A2  A proof is bound to both peer ids, both nonces and the prover's role: replayed, reflected or relayed to another
 *     connection it is worth nothing.
 * A3  Proofs are compared in constant time.
 */
import { createHmac, timingSafeEqual, type KeyObject } from "node:crypto";
import { assert, type PeerId } from "@aspenjs/api";
import { encodeRow } from "@aspenjs/codec";
import { protocolLimits } from "./limits.ts";

export type AdmissionRole = "dialer" | "responder";

/** What both sides have seen of one exchange. */
export interface AdmissionTranscript {
  readonly dialerPeerId: PeerId;
  readonly responderPeerId: PeerId;
  readonly dialerNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
}

const LABEL = "aspen/admission-proof/1";

export function admissionProof(
  admissionKey: KeyObject,
  role: AdmissionRole,
  transcript: AdmissionTranscript,
): Uint8Array {
  const { dialerPeerId, responderPeerId, dialerNonce, responderNonce } = transcript;
  assert(dialerNonce.byteLength === protocolLimits.nonceBytes, "the dialer's nonce has its full length");
  assert(responderNonce.byteLength === protocolLimits.nonceBytes, "the responder's nonce has its full length");
  const statement = encodeRow([LABEL, role, dialerPeerId, responderPeerId, dialerNonce, responderNonce]);
  return new Uint8Array(createHmac("sha256", admissionKey).update(statement).digest());
}

/** Whether this is the proof that a holder of the key makes in this role. */
export function isAdmissionProof(
  proof: Uint8Array,
  admissionKey: KeyObject,
  role: AdmissionRole,
  transcript: AdmissionTranscript,
): boolean {
  const expected = admissionProof(admissionKey, role, transcript);
  return proof.byteLength === expected.byteLength && timingSafeEqual(proof, expected);
}
