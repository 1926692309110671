import {
  AspenError,
  type ClusterController,
  type IncomingRequest,
  type Logger,
  type Membership,
  type Transport,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import {
  decodeClusterMessage,
  encodeClusterMessageAnswer,
  PROTOCOL_IDS,
  type ClusterMessage,
  type PrepareInitAnswer,
  type PrepareInitMessage,
} from "@aspenjs/protocol";
import type { NodeIdentity } from "./node-identity.ts";
import type { PeerDirectory } from "./peer-directory.ts";

export interface ClusterServiceDeps {
  readonly transport: Transport;
  readonly directory: PeerDirectory;
  readonly identity: NodeIdentity;
  readonly controller: ClusterController;
  readonly logger: Logger;
  readonly isInitialized: () => boolean;
  readonly agreeToFounding: (membership: Membership) => Promise<string | undefined>;
}

/** What nodes that have admitted each other ask outside of consensus, over `/aspen/cluster/1`. */
export class ClusterService {
  readonly #deps: ClusterServiceDeps;

  constructor(deps: ClusterServiceDeps) {
    this.#deps = deps;
    deps.transport.handle(PROTOCOL_IDS.cluster, { onRequest: (request) => this.#answer(request) });
  }

  async #answer({ peerId, body }: IncomingRequest): Promise<Uint8Array> {
    const message = decodeOrRefuse(body);
    switch (message.kind) {
      case "prepareInit":
        return encodeClusterMessageAnswer("prepareInit", await this.#prepare(message));
      case "joinAsLearner": {
        if (message.node.peerId !== peerId) {
          throw new AspenError("forbidden", "a node joins for itself, under its own peer id");
        }
        this.#deps.logger.log("info", "a node asks to join", { nodeId: message.node.nodeId, peerId });
        return encodeClusterMessageAnswer("joinAsLearner", await this.#deps.controller.addLearner(message.node));
      }
      case "describe":
        return encodeClusterMessageAnswer("describe", {
          nodeId: this.#deps.identity.nodeId,
          peerId: this.#deps.transport.localPeerId,
          addresses: this.#deps.transport.addresses,
          isInitialized: this.#deps.isInitialized(),
          clusterId: this.#deps.identity.clusterId,
        });
    }
  }

  /** A fresh node agrees to be part of one membership: the founding one, or the first that names it as learner. */
  async #prepare({ clusterId, membership }: PrepareInitMessage): Promise<PrepareInitAnswer> {
    const { identity, isInitialized } = this.#deps;
    if (clusterId !== identity.clusterId) {
      return { kind: "refused", code: "forbidden", reason: "this node belongs to another cluster" };
    }
    const record = membership.nodes.find((candidate) => candidate.nodeId === identity.nodeId);
    if (record?.peerId !== identity.peerId) {
      return { kind: "refused", code: "invalid_request", reason: "the membership does not name this node" };
    }
    if (membership.learners.includes(identity.nodeId)) return { kind: "accepted" };
    if (isInitialized()) {
      return { kind: "refused", code: "already_initialized", reason: "this node belongs to a cluster already" };
    }
    const refusal = await this.#deps.agreeToFounding(membership);
    if (refusal !== undefined) return { kind: "refused", code: "already_initialized", reason: refusal };
    return { kind: "accepted" };
  }
}

function decodeOrRefuse(body: Uint8Array): ClusterMessage {
  try {
    return decodeClusterMessage(body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new AspenError("invalid_request", "not a message of this protocol", { cause: error });
  }
}
