import { CODE_P2P, multiaddr, type Multiaddr } from "@multiformats/multiaddr";
import { AspenError, type PeerId } from "@aspenjs/api";

/** The peer that an address names in its last `/p2p/` part. Throws `invalid_request` for text that is no multiaddr. */
export function peerIdOfAddress(address: string): PeerId | undefined {
  return namedPeer(parseAddress(address));
}

/** @throws AspenError `invalid_request`, naming the text that is no multiaddr */
export function assertAddress(address: string): void {
  parseAddress(address);
}

/** An address that only the expected peer answers to: libp2p checks the name against the key that it meets. */
export function addressOfPeer(address: string, expected: PeerId | undefined): Multiaddr {
  const parsed = parseAddress(address);
  if (expected === undefined) return parsed;
  const named = namedPeer(parsed);
  if (named === undefined) return parsed.encapsulate(`/p2p/${expected}`);
  if (named !== expected) throw new AspenError("invalid_request", "the address names another peer");
  return parsed;
}

function parseAddress(address: string): Multiaddr {
  try {
    return multiaddr(address);
  } catch (cause) {
    throw new AspenError("invalid_request", `"${address}" is not a multiaddr`, { cause });
  }
}

function namedPeer(address: Multiaddr): PeerId | undefined {
  return address.getComponents().findLast((component) => component.code === CODE_P2P)?.value;
}
