import { AspenError } from "./aspen-error.ts";
import { utf8ByteLength } from "./key.ts";
import { limits } from "./limits.ts";
import type { NodeRecord } from "./membership.ts";
import { isNodeId } from "./node-id.ts";

/**
 * Refuses what no cluster could reach or recognise.
 * @throws AspenError `invalid_request`
 */
export function assertNodeRecord({ nodeId, peerId, addresses }: NodeRecord): void {
  if (!isNodeId(nodeId)) throw new AspenError("invalid_request", "a node id is an integer from 1 to 2^53 - 1");
  if (peerId === "") throw new AspenError("invalid_request", `node ${nodeId} has no peer id`);
  if (!peerId.isWellFormed() || utf8ByteLength(peerId) > limits.peerIdBytesMax) {
    throw new AspenError("invalid_request", `the peer id of node ${nodeId} has at most ${limits.peerIdBytesMax} bytes`);
  }
  if (addresses.length > limits.nodeAddressesMax) {
    throw new AspenError("invalid_request", `node ${nodeId} has more than ${limits.nodeAddressesMax} addresses`, {
      details: { size: addresses.length, max: limits.nodeAddressesMax },
    });
  }
  for (const address of addresses) {
    if (address !== "" && address.isWellFormed() && utf8ByteLength(address) <= limits.addressBytesMax) continue;
    throw new AspenError("invalid_request", `an address has 1 to ${limits.addressBytesMax} bytes`);
  }
}
