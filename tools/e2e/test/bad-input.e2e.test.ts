import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AspenClient } from "@aspenjs/client";
import {
  clientTicketBytes,
  ClusterSecret,
  encodeClientCall,
  encodeClientTicket,
  encodeJoinTicket,
  PROTOCOL_IDS,
} from "@aspenjs/protocol";
import { createSystemRandom } from "@aspenjs/transport/libp2p";
import { eventually } from "../src/bounded-wait.ts";
import { CountingWriter, readCounter } from "../src/counting-writer.ts";
import { HostilePeer } from "./hostile/hostile-peer.ts";
import type { HostileSession } from "./hostile/hostile-session.ts";
import { linesAbout, logLines } from "../src/node-log.ts";
import { NodeProcess, ProcessCluster } from "../src/process-cluster.ts";
import { errorCodeOf, frame, helloFrame, KIND, varint } from "./hostile/session-frame.ts";
import { SocketSwarm, type SocketManner } from "./hostile/socket-swarm.ts";
import { Stranger } from "./hostile/stranger.ts";

const MIB = 1_048_576;
const GROWTH_BYTES_MAX = 64 * MIB;
const NODE_IDS = [1, 2, 3];
const SOCKETS_PER_NODE = 150;
const LINE_MS_MAX = 30_000;
/** Probation takes five seconds, a handshake five more; the rest is for a busy machine. */
const GOODBYE_MS_MAX = 40_000;
const WARM_LANES = 64;
const WARM_ROUNDS = 60;
/** That one peer may have under way at a node: `incomingRequestsMax` of the transport. */
const REQUESTS_MAX = 2_048;
const FLOOD_REQUESTS = 1_500;
const FLOOD_ROUNDS = 8;
/** Of one node's answers: however slow the machine, so many strangers' requests are refused in words. */
const FLOOD_REFUSALS_MIN = 2_000;
const MEMORY_SAMPLES_MAX = 60;
const MEMORY_SAMPLES_MIN = 6;

const random = createSystemRandom();
const utf8 = (text: string) => new TextEncoder().encode(text);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let cluster: ProcessCluster;
let client: AspenClient;
let writer: CountingWriter;
let pids: readonly number[];
/** A heap that V8 may not let grow at its leisure: what the attacks make a node keep would show, or end it. */
const SMALL_HEAP = ["--max-old-space-size=160", "--max-semi-space-size=4"];

let heldBefore: readonly number[] = [];
let heldAfter: readonly number[] = [];
const extraNodes: NodeProcess[] = [];

const nodes = () => NODE_IDS.map((nodeId) => cluster.node(nodeId));
const heldBytes = () => Promise.all(nodes().map((node) => node.anonymousBytes()));
const mib = (bytes: readonly number[]) => bytes.map((one) => (one / MIB).toFixed(1)).join(", ");

beforeAll(async () => {
  cluster = await ProcessCluster.form(3, [], SMALL_HEAP);
  client = await cluster.connect({ deadlineMs: 60_000 });
  writer = new CountingWriter(client.store, "counter");
  await writer.start();
  await warmUp();
  pids = nodes().map((node) => node.pid);
}, 300_000);

afterAll(async () => {
  await writer.stop();
  await Promise.all(extraNodes.map((node) => node.kill()));
  await cluster.close();
}, 90_000);

/**
 * Load of every kind first: a heap grows to its working size once, and attacks must not make it grow beyond that.
 * Its size swings by tens of MiB between two collections, so that the highest before is set against the lowest
 * after: a leak shows all the same, since it never comes back.
 */
async function warmUp(): Promise<void> {
  const lane = async (lane: number): Promise<void> => {
    for (let round = 0; round < WARM_ROUNDS; round += 1) {
      await client.store.write({ kind: "set", key: `warm/${lane}/${round}`, value: new Uint8Array(2_000) });
      await client.store.get({ key: `warm/${lane}/${round}` });
    }
  };
  await Promise.all(Array.from({ length: WARM_LANES }, (_, position) => lane(position)));
  for (const node of nodes()) {
    await withStranger(async (stranger) => {
      const nodePeer = await stranger.meet(node.address);
      for (let round = 0; round < 3; round += 1) {
        await stranger.ask(nodePeer, PROTOCOL_IDS.client, new Uint8Array(9 * MIB));
        await floodOnce(stranger, nodePeer);
        noteHeld("before", await heldBytes());
      }
    });
  }
}

/** Keeps the highest, or the lowest, of what each node was seen to hold. */
function noteHeld(when: "before" | "after", sample: readonly number[]): void {
  if (when === "before") {
    heldBefore = sample.map((bytes, position) => Math.max(bytes, heldBefore[position] ?? 0));
  } else {
    heldAfter = sample.map((bytes, position) => Math.min(bytes, heldAfter[position] ?? bytes));
  }
}

/** Reads without a ticket, as many as a session may have under way. */
function floodOnce(stranger: Stranger, nodePeer: string): Promise<string[]> {
  const request = { kind: "get", key: "counter", consistency: "linearizable" } as const;
  const body = encodeClientCall({ deadlineMs: 10_000, request });
  return Promise.all(Array.from({ length: FLOOD_REQUESTS }, () => stranger.ask(nodePeer, PROTOCOL_IDS.client, body)));
}

async function withStranger<Value>(use: (stranger: Stranger) => Promise<Value>): Promise<Value> {
  const stranger = await Stranger.create();
  try {
    return await use(stranger);
  } finally {
    await stranger.close();
  }
}

/** One line of the node about the peer has all of these parts. */
async function expectLine(node: NodeProcess, peerId: string, ...parts: readonly string[]): Promise<void> {
  const isThere = () => linesAbout(node, peerId).some((line) => parts.every((part) => line.includes(part)));
  await eventually(LINE_MS_MAX, `node ${node.nodeId} logs ${parts.join(", ")}`, isThere).catch((error: unknown) => {
    throw new Error(`${String(error)}; it logged ${JSON.stringify(linesAbout(node, peerId))}`, { cause: error });
  });
}

/** Every attack is followed by proof that the writer still gets on. */
async function expectProgress(): Promise<void> {
  await writer.advancedBy(20);
}

describe("below the session", () => {
  test("hundreds of raw sockets that send garbage, dribble or say nothing are thrown out in time", async () => {
    const manners: readonly SocketManner[] = ["silent", "garbage", "dribbling"];
    const each = Array.from({ length: SOCKETS_PER_NODE }, (_, position) => manners[position % 3] ?? "silent");
    const swarms = nodes().map((node) => new SocketSwarm(node.address, each));
    try {
      await Promise.all(swarms.map((swarm) => swarm.connected(30_000)));
      const newcomer = await cluster.connect({ deadlineMs: 60_000 });
      expect(await newcomer.cluster.getLeader()).toBeDefined();
      await cluster.disconnect(newcomer);
      await expectProgress();
      await Promise.all(swarms.map((swarm) => swarm.thrownOut(40_000)));
    } finally {
      for (const swarm of swarms) swarm.close();
    }
  }, 180_000);
});

describe("a connection without a session", () => {
  test("is closed in time", async () => {
    const peer = await HostilePeer.create();
    try {
      await Promise.all(nodes().map((node) => peer.idle(node.address, GOODBYE_MS_MAX)));
    } finally {
      await peer.close();
    }
  }, 120_000);
});

interface FrameAttack {
  readonly name: string;
  readonly run: (session: HostileSession) => Promise<void> | void;
  /** What the goodbye says. */
  readonly code: string;
  /** Of the line that each node must have written about the attacker. */
  readonly line: readonly string[];
}

const afterGreeting =
  (...bytes: readonly Uint8Array[]) =>
  async (session: HostileSession): Promise<void> => {
    await session.greet();
    session.send(...bytes);
  };

const FRAME_ATTACKS: readonly FrameAttack[] = [
  {
    name: "garbage instead of a hello",
    run: (session) => session.send(utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(9))),
    code: "invalid_request",
    line: ["refused", "invalid_request"],
  },
  {
    name: "garbage in an open session",
    run: afterGreeting(random.bytes(4_096).fill(0xee, 0, 8)),
    code: "invalid_request",
    line: ["refused", "invalid_request"],
  },
  {
    name: "a frame of 4 GiB",
    run: afterGreeting(varint(2 ** 32), random.bytes(1_024)),
    code: "invalid_request",
    line: ["refused", "frame length is malformed", "invalid_request"],
  },
  {
    name: "a frame of 64 MiB",
    run: afterGreeting(varint(64 * MIB), random.bytes(1_024)),
    code: "invalid_request",
    line: ["refused", "frame is too long", "invalid_request"],
  },
  {
    name: "a kind of frame that there is not",
    run: afterGreeting(frame(21, 0, utf8("?"))),
    code: "invalid_request",
    line: ["refused", "frame kind is unknown", "invalid_request"],
  },
  {
    name: "another version",
    run: (session) => session.send(helloFrame(2)),
    code: "unsupported",
    line: ["session ended", "no common protocol version"],
  },
  {
    name: "half a hello, then silence",
    run: (session) => session.send(helloFrame().subarray(0, 6)),
    code: "timeout",
    line: ["session ended", "the handshake was not completed in time"],
  },
  {
    name: "the beginning of a frame of 1 MiB, then silence",
    run: afterGreeting(frame(KIND.message, 0, new Uint8Array(MIB)).subarray(0, 1_000)),
    code: "unavailable",
    line: ["a stranger neither proved the secret nor showed a ticket"],
  },
  {
    name: "more requests that never end than a peer may have",
    run: beginManyRequests,
    code: "unavailable",
    line: ["a stranger neither proved the secret nor showed a ticket"],
  },
];

/** The first part of each, and nothing more. Those beyond the bound are refused. */
async function beginManyRequests(session: HostileSession): Promise<void> {
  await session.greet();
  const part = Buffer.concat([varint(0), varint(60_000), utf8("the rest follows")]);
  const parts = Array.from({ length: REQUESTS_MAX + 50 }, (_, position) => frame(KIND.requestPart, position + 1, part));
  session.send(frame(KIND.name, 0, utf8(PROTOCOL_IDS.client)), ...parts);
  const refusals = () => session.frames.filter(({ kind }) => kind === KIND.error).map(errorCodeOf);
  await eventually(LINE_MS_MAX, "the last requests are refused", () => refusals().length === 50);
  expect(new Set(refusals())).toEqual(new Set(["resource_exhausted"]));
}

describe("frames", () => {
  test.concurrent.each(FRAME_ATTACKS)(
    "$name: a goodbye, a log line, and nothing else",
    async (attack) => {
      const peer = await HostilePeer.create();
      try {
        await Promise.all(
          nodes().map(async (node) => {
            const session = await peer.openSession(node.address);
            await attack.run(session);
            expect(await session.goodbye(GOODBYE_MS_MAX)).toBe(attack.code);
            await expectLine(node, peer.peerId, ...attack.line);
          }),
        );
      } finally {
        await peer.close();
      }
    },
    120_000,
  );
});

describe("requests of a stranger", () => {
  test("to consensus, snapshots and the cluster protocol are `forbidden`", async () => {
    const protocols = [PROTOCOL_IDS.raft, PROTOCOL_IDS.snapshot, PROTOCOL_IDS.cluster, "/aspen/nothing/1"];
    for (const [node, protocol] of nodes().flatMap((node) => protocols.map((protocol) => [node, protocol] as const))) {
      // A stranger each: none of them is to meet the end of its probation in the middle.
      await withStranger(async (stranger) => {
        const nodePeer = await stranger.meet(node.address);
        const code = await stranger.ask(nodePeer, protocol, random.bytes(100));
        expect([protocol, code]).toEqual([protocol, "forbidden"]);
        await expectLine(node, stranger.peerId, "refused", "forbidden", protocol);
      });
    }
  }, 120_000);

  test("with garbage for a body are `invalid_request`, with megabytes of it `unauthorized`", async () => {
    for (const node of nodes()) {
      await withStranger(async (stranger) => {
        const nodePeer = await stranger.meet(node.address);
        const call = encodeClientCall({ deadlineMs: 1_000, request: { kind: "getLeader" } });
        const bodies = [
          new Uint8Array(0),
          random.bytes(1),
          random.bytes(1_000),
          call.subarray(1),
          Buffer.concat([call, call]),
        ];
        for (const protocol of [PROTOCOL_IDS.admission, PROTOCOL_IDS.client]) {
          const codes = await Promise.all(bodies.map((body) => stranger.ask(nodePeer, protocol, body)));
          expect(codes).toEqual(bodies.map(() => "invalid_request"));
        }
      });
      await withStranger(async (stranger) => {
        const nodePeer = await stranger.meet(node.address);
        const megabytes = await stranger.ask(nodePeer, PROTOCOL_IDS.client, random.bytes(9 * MIB));
        expect(megabytes).toBe("unauthorized");
      });
    }
  }, 120_000);

  test("without a ticket are `unauthorized`, however many they are", async () => {
    const counts = new Map<string, number>();
    const flood = async (node: NodeProcess): Promise<void> => {
      let refusals = 0;
      for (let round = 0; round < FLOOD_ROUNDS || refusals < FLOOD_REFUSALS_MIN; round += 1) {
        // A slow machine meets the end of probation: a stranger is disconnected after five seconds, so each round is
        // another's.
        const codes = await withStranger(async (stranger) => floodOnce(stranger, await stranger.meet(node.address)));
        for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
        refusals += codes.filter((code) => code === "unauthorized").length;
      }
    };
    await Promise.all(nodes().map(flood));
    console.log(`flood without a ticket: ${JSON.stringify(Object.fromEntries(counts))}`);
    expect(
      [...counts.keys()].filter((code) => !["unauthorized", "unavailable", "resource_exhausted"].includes(code)),
    ).toEqual([]);
    await expectProgress();
  }, 180_000);

  test("with a ticket that was altered, is expired, or of another secret are refused", async () => {
    const sound = bytesOfTicket(cluster.ticket());
    const otherSecret = ClusterSecret.generate(random);
    const [node] = nodes();
    if (node === undefined) throw new Error("there are three nodes");
    await withStranger(async (stranger) => {
      const nodePeer = await stranger.meet(node.address);
      const altered = Array.from({ length: sound.byteLength }, (_, position) => {
        const bytes = Uint8Array.from(sound);
        bytes[position] = (bytes[position] ?? 0) ^ (1 << (position % 8));
        return bytes;
      });
      const codes = await Promise.all(altered.map((ticket) => stranger.greet(nodePeer, ticket)));
      expect(codes.filter((code) => !["unauthorized", "invalid_request", "unsupported"].includes(code))).toEqual([]);
      expect(codes.filter((code) => code === "unauthorized").length).toBeGreaterThan(sound.byteLength / 2);
      await expectLine(node, stranger.peerId, "a client's ticket was refused", "badSignature");
    });
    await withStranger(async (stranger) => {
      const nodePeer = await stranger.meet(node.address);
      expect(await stranger.greet(nodePeer, bytesOfTicket(ticketOf(cluster.secret, Date.now() - 1)))).toBe(
        "unauthorized",
      );
      await expectLine(node, stranger.peerId, "a client's ticket was refused", "expired");
    });
    await withStranger(async (stranger) => {
      const nodePeer = await stranger.meet(node.address);
      expect(await stranger.greet(nodePeer, bytesOfTicket(ticketOf(otherSecret, undefined)))).toBe("unauthorized");
      expect(await stranger.greet(nodePeer, sound)).toBe("answered");
    });
  }, 120_000);
});

function ticketOf(secret: ClusterSecret, expiresAtMs: number | undefined): string {
  const ticket = { id: "11".repeat(16), clusterId: cluster.clusterId, addresses: [], keyPrefixes: [], expiresAtMs };
  return encodeClientTicket({ ...ticket, access: "admin" }, secret.ticketKey());
}

function bytesOfTicket(text: string): Uint8Array {
  const outcome = clientTicketBytes(text);
  if (outcome.kind === "refused") throw new Error(`the ticket is ${outcome.reason}`);
  return outcome.bytes;
}

/** A process that dials the members with this ticket and asks to be taken in. */
async function startJoining(
  name: string,
  nodeId: number,
  secretFile: string,
  secret: ClusterSecret,
): Promise<NodeProcess> {
  const ticketFile = join(cluster.directory, `${name}.ticket`);
  const addresses = nodes().map((node) => node.address);
  await writeFile(ticketFile, encodeJoinTicket({ clusterId: cluster.clusterId, addresses, secret }), { mode: 0o600 });
  const dataDirectory = join(cluster.directory, name);
  const node = new NodeProcess({ nodeId, dataDirectory, secretFile, flags: ["--join-ticket-file", ticketFile] });
  extraNodes.push(node);
  await node.start();
  return node;
}

const isCode = (reason: unknown, code: string): boolean => typeof reason === "string" && reason.startsWith(`${code}: `);

describe("nodes that do not belong here", () => {
  test("a node with another secret is not taken in, whether it asks or is asked", async () => {
    const secret = ClusterSecret.generate(random);
    const secretFile = join(cluster.directory, "other.secret");
    await writeFile(secretFile, secret.format(), { mode: 0o600 });
    const impostor = await startJoining("impostor", 9, secretFile, secret);
    await eventually(LINE_MS_MAX, "it logs why it was not taken in", () =>
      logLines(impostor).some(({ msg, reason }) => msg === "refused by the cluster" && isCode(reason, "unauthorized")),
    );
    for (const node of nodes()) {
      await expectLine(node, impostor.record.peerId, "a peer with another cluster secret was refused");
    }
    const admin = await cluster.connect({ deadlineMs: 60_000 });
    await expect(admin.cluster.addLearner(impostor.record)).rejects.toMatchObject({ code: "forbidden" });
    const { membership } = await admin.cluster.currentState();
    expect(membership.nodes.map(({ nodeId }) => nodeId)).toEqual(NODE_IDS);
    await withStranger(async (stranger) => {
      const leader = await cluster.leader(admin);
      const nodePeer = await stranger.meet(leader.address);
      expect(await stranger.proveItself(nodePeer, secret, 9)).toBe("unauthorized");
      await expectLine(leader, stranger.peerId, "a peer without the cluster secret was refused");
    });
    await impostor.kill();
  }, 240_000);

  test("a foreign identity that knows the secret cannot take the place of a member", async () => {
    const double = await startJoining("double", 2, cluster.secretFile, cluster.secret);
    await eventually(LINE_MS_MAX, "it logs why it was not taken in", () =>
      logLines(double).some(({ msg, reason }) => msg === "refused by the cluster" && isCode(reason, "forbidden")),
    );
    const [first, second] = nodes();
    if (first === undefined || second === undefined) throw new Error("there are three nodes");
    const { peerId } = double.record;
    await expectLine(first, peerId, "a peer with the cluster secret was refused", "belongs to another peer id");
    await expectLine(second, peerId, "a peer with the cluster secret was refused", "this node's own");
    await double.kill();
    await withStranger(async (stranger) => {
      const nodePeer = await stranger.meet(first.address);
      expect(await stranger.proveItself(nodePeer, cluster.secret, 2)).toBe("forbidden");
      expect(await stranger.ask(nodePeer, PROTOCOL_IDS.raft, random.bytes(100))).toBe("forbidden");
    });
    const { membership } = await client.cluster.currentState();
    expect(membership.nodes.map((record) => record.peerId)).toEqual(nodes().map((node) => node.record.peerId));
  }, 240_000);
});

test("after all of it the same processes serve, no write has failed, and memory has hardly grown", async () => {
  await expectProgress();
  const report = await writer.stop();
  expect(report.errors.map((error) => `${error.code}: ${error.message}`)).toEqual([]);
  expect(await readCounter(client.store, "counter")).toBe(report.acknowledged);
  expect(nodes().map((node) => node.pid)).toEqual(pids);
  const growthOf = () => heldAfter.map((bytes, position) => bytes - (heldBefore[position] ?? 0));
  const hasGrown = () => growthOf().some((bytes) => bytes >= GROWTH_BYTES_MAX);
  for (let sample = 0; sample < MEMORY_SAMPLES_MIN || (hasGrown() && sample < MEMORY_SAMPLES_MAX); sample += 1) {
    await pause(500);
    // Something to do, so that what is garbage is collected.
    await Promise.all(Array.from({ length: WARM_LANES }, (_, lane) => client.store.get({ key: `warm/${lane}/0` })));
    noteHeld("after", await heldBytes());
  }
  const growth = growthOf();
  console.log(`${report.acknowledged} writes, longest gap ${report.longestGapMs.toFixed(0)} ms`);
  console.log(`MiB held before: ${mib(heldBefore)}; after: ${mib(heldAfter)}; growth: ${mib(growth)}`);
  for (const bytes of growth) expect(bytes).toBeLessThan(GROWTH_BYTES_MAX);
}, 240_000);
