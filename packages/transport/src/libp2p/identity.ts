import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { AspenError, type PeerId } from "@aspenjs/api";

export interface Identity {
  /** libp2p's protobuf form of an Ed25519 private key: what belongs into a file of mode 0600. */
  readonly privateKey: Uint8Array;
  readonly peerId: PeerId;
}

export async function generateIdentity(): Promise<Identity> {
  const key = await generateKeyPair("Ed25519");
  return { privateKey: privateKeyToProtobuf(key), peerId: peerIdFromPrivateKey(key).toString() };
}

/** The identity that a stored key stands for. Throws `corrupt` for bytes that are no such key. */
export function readIdentity(privateKey: Uint8Array): Identity {
  return { privateKey, peerId: peerIdFromPrivateKey(readPrivateKey(privateKey)).toString() };
}

export function readPrivateKey(privateKey: Uint8Array): Ed25519PrivateKey {
  try {
    const key = privateKeyFromProtobuf(privateKey);
    if (key.type === "Ed25519") return key;
  } catch (cause) {
    throw new AspenError("corrupt", "not a private key", { cause });
  }
  throw new AspenError("corrupt", "not an Ed25519 private key");
}
