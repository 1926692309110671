import { expect, test } from "vitest";
import { parseMember, parseNodeFile } from "./member-text.ts";
import { UsageError } from "./usage-error.ts";

test("a member is an id, a peer id and addresses", () => {
  expect(parseMember("7=12D3KooW@/ip4/10.0.0.1/tcp/1,/dns/a.example/tcp/2")).toEqual({
    nodeId: 7,
    peerId: "12D3KooW",
    addresses: ["/ip4/10.0.0.1/tcp/1", "/dns/a.example/tcp/2"],
  });
});

test.each(["", "7", "7=peer", "7=peer@", "=peer@/a", "x=peer@/a", "7=@/a", "7=peer@/a,", "0=peer@/a"])(
  "%j is no member",
  (text) => {
    expect(() => parseMember(text)).toThrow(UsageError);
  },
);

test("a node file that is half written or of something else is none", () => {
  const file = { nodeId: "7", peerId: "p", clusterId: "c", addresses: ["/a"], pid: 5 };
  expect(parseNodeFile(JSON.stringify(file))).toEqual({ ...file, nodeId: 7 });
  const text = JSON.stringify(file);
  for (let length = 0; length < text.length; length += 1) expect(parseNodeFile(text.slice(0, length))).toBeUndefined();
  for (const name of Object.keys(file)) {
    expect(parseNodeFile(JSON.stringify({ ...file, [name]: null }))).toBeUndefined();
  }
});
