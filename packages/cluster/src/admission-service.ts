import type { KeyObject } from "node:crypto";
import {
  AspenError,
  type Clock,
  type IncomingRequest,
  type Logger,
  type PeerId,
  type Random,
  type Transport,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import {
  admissionProof,
  decodeAdmissionAnswer,
  decodeAdmissionRequest,
  encodeAdmissionAnswer,
  encodeAdmissionRequest,
  isAdmissionProof,
  PROTOCOL_IDS,
  protocolLimits,
  type AdmissionAnswer,
  type AdmissionRequest,
  type AdmittedNode,
} from "@aspenjs/protocol";
import { limits } from "./limits.ts";
import type { NodeIdentity } from "./node-identity.ts";
import type { PeerDirectory } from "./peer-directory.ts";

export interface AdmissionDeps {
  readonly transport: Transport;
  readonly directory: PeerDirectory;
  readonly identity: NodeIdentity;
  readonly admissionKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onAdmitted: (peerId: PeerId) => void;
}

interface Challenge {
  readonly dialerNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
}

/**
 * Mutual proof of the cluster secret (ARCHITECTURE section 6). Either side of a connection may ask; once both have
 * proven themselves, each knows the other's node id, and the directory admits it for as long as the connection lasts.
 * The words of the exchange, and what makes its proofs unrepeatable, stand in `protocol`.
 */
export class AdmissionService {
  readonly #deps: AdmissionDeps;
  /** The last challenge answered to each peer: one each, so that strangers cannot fill the table. */
  readonly #challenges = new Map<PeerId, Challenge>();
  readonly #underWay = new Map<PeerId, Promise<AdmittedNode>>();

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    deps.transport.handle(PROTOCOL_IDS.admission, { onRequest: (request) => this.#answer(request) });
  }

  /** Proves this node to a connected peer and has it prove itself. One exchange at a time with each peer. */
  admit(peerId: PeerId): Promise<AdmittedNode> {
    const present = this.#underWay.get(peerId);
    if (present !== undefined) return present;
    const exchange = this.#exchange(peerId).finally(() => this.#underWay.delete(peerId));
    this.#underWay.set(peerId, exchange);
    return exchange;
  }

  forget(peerId: PeerId): void {
    this.#challenges.delete(peerId);
    this.#deps.directory.forget(peerId);
  }

  async #exchange(peerId: PeerId): Promise<AdmittedNode> {
    const { transport, admissionKey } = this.#deps;
    const dialerNonce = this.#deps.random.bytes(protocolLimits.nonceBytes);
    const challenged = await this.#ask(peerId, { kind: "challenge", nonce: dialerNonce });
    if (challenged.kind !== "challenge") throw new AspenError("unauthorized", "the peer answered another question");
    const transcript = {
      dialerPeerId: transport.localPeerId,
      responderPeerId: peerId,
      dialerNonce,
      responderNonce: challenged.nonce,
    };
    if (!isAdmissionProof(challenged.proof, admissionKey, "responder", transcript)) {
      await this.#decline(peerId);
      throw new AspenError("unauthorized", "the peer does not know this cluster's secret");
    }
    const proof = admissionProof(admissionKey, "dialer", transcript);
    const proven = await this.#ask(peerId, { kind: "prove", proof, node: this.#self() });
    if (proven.kind !== "prove") throw new AspenError("unauthorized", "the peer answered another question");
    this.#admit(peerId, proven.node);
    return proven.node;
  }

  /** Without a common secret there is nothing more to say; but the peer's operator need not guess why. */
  async #decline(peerId: PeerId): Promise<void> {
    try {
      await this.#ask(peerId, { kind: "decline" });
    } catch (error) {
      // It is answered with `unauthorized`, or the peer is gone: either way this was the last word.
      if (!(error instanceof AspenError)) throw error;
    }
    await this.#deps.transport.disconnect(peerId);
  }

  async #ask(peerId: PeerId, request: AdmissionRequest): Promise<AdmissionAnswer> {
    const body = encodeAdmissionRequest(request);
    const answer = await this.#deps.transport.request(peerId, PROTOCOL_IDS.admission, body, {
      deadlineMs: limits.admissionStepMs,
    });
    try {
      return decodeAdmissionAnswer(answer);
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      throw new AspenError("unsupported", "the peer's answer cannot be read", { cause });
    }
  }

  async #answer({ peerId, body }: IncomingRequest): Promise<Uint8Array> {
    const request = decodeOrRefuse(body);
    if (request.kind === "challenge") return this.#answerChallenge(peerId, request.nonce);
    if (request.kind === "decline") {
      this.#deps.logger.log("warn", "a peer with another cluster secret was refused", { peerId });
      throw new AspenError("unauthorized", "the secrets differ");
    }
    const challenge = this.#challenges.get(peerId);
    // A proof is good for one challenge: taken, whatever comes of it.
    this.#challenges.delete(peerId);
    if (challenge === undefined) throw new AspenError("unauthorized", "there is no challenge to answer");
    const transcript = { dialerPeerId: peerId, responderPeerId: this.#deps.transport.localPeerId, ...challenge };
    if (!isAdmissionProof(request.proof, this.#deps.admissionKey, "dialer", transcript)) {
      this.#deps.logger.log("warn", "a peer without the cluster secret was refused", { peerId });
      throw new AspenError("unauthorized", "wrong cluster secret");
    }
    this.#admit(peerId, request.node);
    return encodeAdmissionAnswer({ kind: "prove", node: this.#self() });
  }

  #answerChallenge(peerId: PeerId, dialerNonce: Uint8Array): Uint8Array {
    const responderNonce = this.#deps.random.bytes(protocolLimits.nonceBytes);
    const challenge: Challenge = { dialerNonce, responderNonce };
    this.#challenges.set(peerId, challenge);
    const proof = admissionProof(this.#deps.admissionKey, "responder", {
      dialerPeerId: peerId,
      responderPeerId: this.#deps.transport.localPeerId,
      ...challenge,
    });
    return encodeAdmissionAnswer({ kind: "challenge", nonce: responderNonce, proof });
  }

  #admit(peerId: PeerId, node: AdmittedNode): void {
    const { clusterId, nodeId } = this.#deps.identity;
    if (node.clusterId !== undefined && node.clusterId !== clusterId) {
      this.#refuse(peerId, node, "it belongs to another cluster");
    }
    if (node.nodeId === nodeId) this.#refuse(peerId, node, `node id ${nodeId} is this node's own`);
    const problem = this.#deps.directory.admit(peerId, node.nodeId);
    if (problem !== undefined) this.#refuse(peerId, node, problem);
    this.#deps.onAdmitted(peerId);
  }

  #refuse(peerId: PeerId, node: AdmittedNode, reason: string): never {
    this.#deps.logger.log("warn", "a peer with the cluster secret was refused", {
      peerId,
      nodeId: node.nodeId,
      reason,
    });
    throw new AspenError("forbidden", reason);
  }

  #self(): AdmittedNode {
    const { nodeId, clusterId } = this.#deps.identity;
    return { nodeId, clusterId };
  }
}

function decodeOrRefuse(body: Uint8Array): AdmissionRequest {
  try {
    return decodeAdmissionRequest(body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new AspenError("invalid_request", "not an admission message", { cause: error });
  }
}
