import { membershipOf } from "@aspenjs/api";
import { PROTOCOL_IDS } from "@aspenjs/protocol";
import { expect, test } from "vitest";
import { limits } from "./limits.ts";
import { PeerDirectory } from "./peer-directory.ts";

const recordsOf = (...nodeIds: readonly number[]) =>
  nodeIds.map((nodeId) => ({ nodeId, peerId: `peer-${nodeId}`, addresses: [`/memory/${nodeId}`] }));

function directoryOf(...nodeIds: readonly number[]): PeerDirectory {
  const directory = new PeerDirectory();
  directory.update(membershipOf(nodeIds, [], recordsOf(...nodeIds)));
  return directory;
}

const openTo = (directory: PeerDirectory, peerId: string): string[] =>
  Object.values(PROTOCOL_IDS).filter((protocol) => directory.mayUse(peerId, protocol));

const { admission, client, cluster, raft, snapshot } = PROTOCOL_IDS;

test("a stranger may prove itself or show a ticket, and nothing else", () => {
  const directory = directoryOf(1, 2);
  expect(openTo(directory, "peer-9").toSorted()).toEqual([admission, client].toSorted());
  expect(directory.mayUse("peer-9", "/aspen/unheard-of/1")).toBe(false);
});

test("a member speaks consensus before it has proven anything on this connection, the cluster protocol after", () => {
  const directory = directoryOf(1, 2);
  expect(openTo(directory, "peer-2").toSorted()).toEqual([admission, client, raft, snapshot].toSorted());
  directory.admit("peer-2", 2);
  expect(openTo(directory, "peer-2")).toContain(cluster);
  directory.forget("peer-2");
  expect(openTo(directory, "peer-2")).not.toContain(cluster);
});

test("D1: a node id belongs to the peer id of the membership, a peer id to its node", () => {
  const directory = directoryOf(1, 2);
  expect(directory.admit("peer-9", 2)).toBe("node 2 belongs to another peer id");
  expect(directory.admit("peer-2", 9)).toBe("this peer id belongs to node 2");
  expect(directory.isAdmitted("peer-9") || directory.isAdmitted("peer-2")).toBe(false);
});

test("D2: an admitted peer that this node does not know yet is heard and spoken to", () => {
  const directory = new PeerDirectory();
  expect(directory.admit("peer-1", 1)).toBeUndefined();
  expect(openTo(directory, "peer-1")).toContain(raft);
  expect([directory.nodeIdOf("peer-1"), directory.peerIdOf(1)]).toEqual([1, "peer-1"]);
});

test("D2: one that left is heard until the next change, and then again once it has proven itself", () => {
  const directory = directoryOf(1, 2, 3);
  directory.update(membershipOf([1, 2], [], recordsOf(1, 2)));
  expect(openTo(directory, "peer-3")).toContain(raft);
  expect(directory.nodeIdOf("peer-3")).toBe(3);
  directory.update(membershipOf([1], [], recordsOf(1)));
  expect(openTo(directory, "peer-3")).not.toContain(raft);
  // It may have come back by a change that has not reached this node, and lead.
  directory.admit("peer-3", 3);
  expect(openTo(directory, "peer-3")).toContain(raft);
  expect([directory.nodeIdOf("peer-3"), directory.peerIdOf(3)]).toEqual([3, "peer-3"]);
});

test("a stranger may have little held for it, whoever is known what the transport allows", () => {
  const directory = directoryOf(1, 2);
  const held = () => ["peer-2", "peer-8", "peer-9"].map((peerId) => directory.heldBytesMax(peerId));
  expect(held()).toEqual([undefined, limits.strangerHeldBytesMax, limits.strangerHeldBytesMax]);
  directory.admit("peer-8", 8);
  directory.noteGreeted("peer-9");
  expect(held()).toEqual([undefined, undefined, undefined]);
  directory.forget("peer-8");
  directory.forget("peer-9");
  expect(held()).toEqual([undefined, limits.strangerHeldBytesMax, limits.strangerHeldBytesMax]);
});

test("every other member is to be connected to", () => {
  const directory = directoryOf(1, 2, 3);
  expect(directory.addressesOfOthers(2).map(({ peerId }) => peerId)).toEqual(["peer-1", "peer-3"]);
});
