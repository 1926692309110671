import { expect, test } from "vitest";
import { limits } from "./limits.ts";
import { assertNodeRecord } from "./node-record-gate.ts";

const record = { nodeId: 1, peerId: "p", addresses: ["/a"] };
const refused = expect.objectContaining({ code: "invalid_request" });

test("a record of the largest peer id and address passes", () => {
  const peerId = "é".repeat(limits.peerIdBytesMax / 2);
  expect(() => assertNodeRecord({ ...record, peerId, addresses: ["a".repeat(limits.addressBytesMax)] })).not.toThrow();
});

test.each([
  ["no peer id", { peerId: "" }],
  ["a peer id that no message between nodes holds", { peerId: "p".repeat(limits.peerIdBytesMax + 1) }],
  ["a peer id that is no text", { peerId: "\ud800" }],
  ["node 0", { nodeId: 0 }],
  ["an empty address", { addresses: [""] }],
  ["an address that is too long", { addresses: ["a".repeat(limits.addressBytesMax + 1)] }],
  ["too many addresses", { addresses: Array.from({ length: limits.nodeAddressesMax + 1 }, () => "/a") }],
])("a record with %s is refused", (_name, change) => {
  expect(() => assertNodeRecord({ ...record, ...change })).toThrow(refused);
});
