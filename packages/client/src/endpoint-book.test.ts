import type { NodeRecord, Random } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { EndpointBook, type Endpoint } from "./endpoint-book.ts";
import { limits } from "./limits.ts";

/** Keeps every order as it is. */
const unshuffled: Random = { below: (bound) => bound - 1, bytes: (byteLength) => new Uint8Array(byteLength) };
const NONE: ReadonlySet<string> = new Set();

const record = (nodeId: number): NodeRecord => ({ nodeId, peerId: `p${nodeId}`, addresses: [`/n${nodeId}`] });
const book = (isPinned = false): EndpointBook =>
  new EndpointBook({ addresses: ["/s1", "/s2"], isPinned, random: unshuffled });

/** Every endpoint in the order in which a call would ask them. */
function round(of: EndpointBook, nowMs = 0): string[] {
  const tried = new Set<string>();
  for (let next = of.choose(tried, nowMs); next !== undefined; next = of.choose(tried, nowMs)) tried.add(next.key);
  return [...tried];
}

function endpoint(of: EndpointBook, nodeId: number): Endpoint {
  const found = of.nodeEndpoint(nodeId);
  if (found === undefined) throw new Error(`node ${nodeId} is not known`);
  return found;
}

describe("EndpointBook", () => {
  test("B1: offers every endpoint once, then nothing", () => {
    const some = book();
    expect(round(some)).toEqual(["/s1", "/s2"]);
    some.learnNodes([record(1), record(2)]);
    expect(round(some)).toEqual(["node 1", "node 2", "/s1", "/s2"]);
    expect(some.hasUntried(new Set(["node 1", "node 2", "/s1"]), 0)).toBe(true);
    expect(some.hasUntried(new Set(["node 1", "node 2", "/s1", "/s2"]), 0)).toBe(false);
  });

  test("the addresses of the ticket are asked in random order, each once", () => {
    const orders = [0, 1].map((drawn) => {
      const random = { ...unshuffled, below: () => drawn };
      return round(new EndpointBook({ addresses: ["/a", "/b", "/a"], isPinned: false, random }));
    });
    expect(orders).toEqual([
      ["/b", "/a"],
      ["/a", "/b"],
    ]);
  });

  test("an address of the ticket that turned out to be a member is that member", () => {
    const some = book();
    const seed = some.choose(NONE, 0);
    if (seed !== undefined) some.connected(seed, 2);
    expect(seed === undefined ? undefined : some.nodeIdOf(seed)).toBe(2);
    some.learnNodes([record(1), record(2)]);
    expect(round(some)).toEqual(["node 2", "node 1", "/s2"]);
  });

  test("B2: the leader, then who is connected, then the others, then who was not there lately", () => {
    const some = book();
    some.learnNodes([1, 2, 3, 4].map(record));
    some.connected(endpoint(some, 3), 3);
    some.failed(endpoint(some, 1), 0);
    some.learnLeader(4);
    expect(round(some, 50)).toEqual(["node 4", "node 3", "node 2", "/s1", "/s2", "node 1"]);
    some.forgetLeader(4);
    expect(some.leader).toBeUndefined();
    expect(round(some, 50)[0]).toBe("node 3");
  });

  test("a leader that cannot be reached is not the first choice, and is no leader any more", () => {
    const some = book();
    some.learnNodes([1, 2].map(record));
    some.learnLeader(1);
    some.failed(endpoint(some, 1), 0);
    expect(some.leader).toBeUndefined();
    // Somebody who has not noticed yet still points there.
    some.learnLeader(1);
    expect(round(some, 50)[0]).toBe("node 2");
    expect(round(some, 100)[0]).toBe("node 1");
  });

  test("the cool-down doubles with every failure, is bounded, and ends with a connection", () => {
    const some = book();
    some.learnNodes([record(1)]);
    const node = endpoint(some, 1);
    const coolDownMs = (): number => {
      let nowMs = 0;
      while (some.isCooling(node, nowMs)) nowMs += 50;
      return nowMs;
    };
    const lengths = Array.from({ length: 8 }, () => {
      some.failed(node, 0);
      return coolDownMs();
    });
    expect(lengths).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000, limits.coolDownMsMax]);
    some.connected(node, 1);
    expect(coolDownMs()).toBe(0);
  });

  test("a connection that broke makes its node the last choice for a moment", () => {
    const some = book();
    some.learnNodes([1, 2].map(record));
    some.learnLeader(1);
    some.connected(endpoint(some, 1), 1);
    some.disconnected(1, 0);
    expect(some.leader).toBeUndefined();
    expect(round(some, 0)).toEqual(["node 2", "/s1", "/s2", "node 1"]);
  });

  test("the latest members replace the former ones; an empty list says nothing", () => {
    const some = book();
    some.learnNodes([1, 2].map(record));
    some.learnLeader(2);
    some.learnNodes([]);
    expect(round(some)).toContain("node 2");
    some.learnNodes([1, 3].map(record));
    expect(round(some)).toEqual(["node 1", "node 3", "/s1", "/s2"]);
    expect(some.leader).toBeUndefined();
    some.learnNodes([record(1), { ...record(3), addresses: ["/moved"] }]);
    expect(endpoint(some, 3).addresses).toEqual(["/moved"]);
  });

  test("B3: a node that fell silent is passed over for a while, and asked all the same when there is nobody else", () => {
    const some = book();
    some.learnNodes([
      { ...record(1), addresses: ["/s1"] },
      { ...record(2), addresses: ["/s2"] },
    ]);
    some.learnLeader(1);
    some.fellSilent(endpoint(some, 1), 1_000);
    expect(some.leader).toBeUndefined();
    expect(round(some, 1_001)).toEqual(["node 2"]);
    expect(some.isCooling(endpoint(some, 1), 1_001)).toBe(true);
    some.fellSilent(endpoint(some, 2), 1_002);
    expect(round(some, 1_003)).toEqual(["node 1", "node 2"]);
    expect(round(some, 1_001 + limits.silenceCoolDownMs)).toEqual(["node 1"]);
  });

  test("B4: a pinned one stays the only one", () => {
    const some = new EndpointBook({ addresses: ["/only"], isPinned: true, random: unshuffled });
    some.learnNodes([1, 2].map(record));
    some.learnLeader(2);
    expect(round(some)).toEqual(["/only"]);
    expect(some.leader).toBeUndefined();
  });
});
