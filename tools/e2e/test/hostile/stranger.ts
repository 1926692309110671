import { AspenError, type PeerId } from "@aspenjs/api";
import {
  admissionProof,
  decodeAdmissionAnswer,
  encodeAdmissionRequest,
  encodeClientCall,
  PROTOCOL_IDS,
  type ClusterSecret,
} from "@aspenjs/protocol";
import { createLibp2pTransport } from "@aspenjs/transport/libp2p";

const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };
const DEADLINE_MS = 10_000;
const NONCE_BYTES = 32;

type Transport = Awaited<ReturnType<typeof createLibp2pTransport>>;

/** A peer with an identity of its own that speaks the transport as it should, and is nobody to the cluster. */
export class Stranger {
  readonly #transport: Transport;

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  static async create(): Promise<Stranger> {
    const transport = await createLibp2pTransport({ listen: [], gate: OPEN_GATE });
    await transport.start();
    return new Stranger(transport);
  }

  get peerId(): PeerId {
    return this.#transport.localPeerId;
  }

  meet(address: string): Promise<PeerId> {
    return this.#transport.connect(address, { deadlineMs: DEADLINE_MS });
  }

  /** The code of the refusal, or `answered`. */
  ask(node: PeerId, protocol: string, body: Uint8Array): Promise<string> {
    return outcomeOf(this.#transport.request(node, protocol, body, { deadlineMs: DEADLINE_MS }));
  }

  greet(node: PeerId, ticket: Uint8Array): Promise<string> {
    const body = encodeClientCall({ deadlineMs: DEADLINE_MS, request: { kind: "hello", ticket } });
    return this.ask(node, PROTOCOL_IDS.client, body);
  }

  /** The whole of the admission, under a secret and a node id of the stranger's choice. */
  proveItself(node: PeerId, secret: ClusterSecret, nodeId: number): Promise<string> {
    return outcomeOf(this.#prove(node, secret, nodeId));
  }

  async close(): Promise<void> {
    await this.#transport.stop();
  }

  async #prove(node: PeerId, secret: ClusterSecret, nodeId: number): Promise<unknown> {
    const dialerNonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const challenge = encodeAdmissionRequest({ kind: "challenge", nonce: dialerNonce });
    const answer = decodeAdmissionAnswer(await this.#request(node, challenge));
    if (answer.kind !== "challenge") throw new Error("a challenge is answered with one");
    const transcript = {
      dialerPeerId: this.peerId,
      responderPeerId: node,
      dialerNonce,
      responderNonce: answer.nonce,
    };
    const proof = admissionProof(secret.admissionKey(), "dialer", transcript);
    return this.#request(
      node,
      encodeAdmissionRequest({ kind: "prove", proof, node: { nodeId, clusterId: undefined } }),
    );
  }

  #request(node: PeerId, body: Uint8Array): Promise<Uint8Array> {
    return this.#transport.request(node, PROTOCOL_IDS.admission, body, { deadlineMs: DEADLINE_MS });
  }
}

async function outcomeOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "answered";
  } catch (error) {
    if (error instanceof AspenError) return error.code;
    throw error;
  }
}
