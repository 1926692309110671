import { AspenError, type Membership, type NodeRecord, type Transport } from "@aspenjs/api";
import {
  decodeClusterMessageAnswer,
  encodeClusterMessage,
  PROTOCOL_IDS,
  type AdmittedNode,
  type ClusterMessage,
  type ClusterMessageAnswerOf,
} from "@aspenjs/protocol";
import type { AdmissionService } from "./admission-service.ts";
import { limits } from "./limits.ts";

export interface IntroductionDeps {
  readonly transport: Transport;
  readonly admission: AdmissionService;
  readonly clusterId: string;
}

/** Meets a node that is about to become a member: it must be there, be who it is said to be, and know the secret. */
export class Introduction {
  readonly #deps: IntroductionDeps;

  constructor(deps: IntroductionDeps) {
    this.#deps = deps;
  }

  /** @throws AspenError `unavailable`, `unauthorized`, `invalid_request`, or what the node refuses with */
  async prepare(record: NodeRecord, membership: Membership): Promise<void> {
    await this.meet(record);
    const { clusterId } = this.#deps;
    const answer = await this.#ask(record, { kind: "prepareInit", clusterId, membership });
    if (answer.kind === "refused") throw new AspenError(answer.code, `node ${record.nodeId}: ${answer.reason}`);
  }

  async meet(record: NodeRecord): Promise<void> {
    const peerId = await this.#dial(record);
    if (peerId !== record.peerId) {
      throw new AspenError("invalid_request", `node ${record.nodeId}: another peer answers at its address`);
    }
    const node = await this.#admit(record);
    if (node.nodeId !== record.nodeId) {
      throw new AspenError("invalid_request", `the peer at node ${record.nodeId}'s address is node ${node.nodeId}`);
    }
  }

  /** `unauthorized` is what a caller with a bad ticket hears; this is the other node's fault. */
  async #admit(record: NodeRecord): Promise<AdmittedNode> {
    try {
      return await this.#deps.admission.admit(record.peerId);
    } catch (error) {
      if (!AspenError.isCode(error, "unauthorized")) throw error;
      throw new AspenError("forbidden", `node ${record.nodeId} does not know this cluster's secret`, { cause: error });
    }
  }

  async #dial(record: NodeRecord): Promise<string> {
    let failure: unknown;
    for (const address of record.addresses) {
      try {
        return await this.#deps.transport.connect(address, { deadlineMs: limits.dialMs });
      } catch (error) {
        failure = error;
      }
    }
    throw new AspenError("unavailable", `node ${record.nodeId} cannot be reached at any of its addresses`, {
      cause: failure,
    });
  }

  async #ask<Message extends ClusterMessage>(
    record: NodeRecord,
    message: Message,
  ): Promise<ClusterMessageAnswerOf<Message>> {
    const body = encodeClusterMessage(message);
    const answer = await this.#deps.transport.request(record.peerId, PROTOCOL_IDS.cluster, body, {
      deadlineMs: limits.clusterCallMs,
    });
    return decodeClusterMessageAnswer<Message["kind"]>(message.kind, answer);
  }
}
