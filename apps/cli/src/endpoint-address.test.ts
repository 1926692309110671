import { expect, test } from "vitest";
import { parseEndpoint } from "./endpoint-address.ts";
import { UsageError } from "./usage-error.ts";

test.each([
  ["127.0.0.1:7600", "/ip4/127.0.0.1/tcp/7600"],
  ["[::1]:7600", "/ip6/::1/tcp/7600"],
  ["node-1.example.org:80", "/dns/node-1.example.org/tcp/80"],
  ["/ip4/10.0.0.1/tcp/1/p2p/x", "/ip4/10.0.0.1/tcp/1/p2p/x"],
])("%s is %s", (text, address) => {
  expect(parseEndpoint(text)).toBe(address);
});

test.each(["", "localhost", "localhost:", ":7600", "::1:7600", "localhost:0", "localhost:65536", "a/b:1"])(
  "%j is no address",
  (text) => {
    expect(() => parseEndpoint(text)).toThrow(UsageError);
  },
);
