import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AspenError, type ClusterController, type NodeMetrics, type NodeRecord } from "@aspenjs/api";
import { createMemoryClusterController } from "@aspenjs/api/memory";
import { clusterIdOf } from "@aspenjs/cluster/default";
import {
  ClusterSecret,
  decodeClientTicket,
  encodeJoinTicket,
  verifyClientTicket,
  clientTicketBytes,
} from "@aspenjs/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MemoryHost } from "../../test/memory-host.ts";

const LARGE_ID = Number.MAX_SAFE_INTEGER;

function record(nodeId: number): NodeRecord {
  return { nodeId, peerId: `peer-${nodeId}`, addresses: [`/ip4/127.0.0.1/tcp/${7_000 + (nodeId % 1_000)}`] };
}

function memberText({ nodeId, peerId, addresses }: NodeRecord): string {
  return `${nodeId}=${peerId}@${addresses.join(",")}`;
}

/** The cluster as another one of its nodes answers for it. */
function withMetrics(cluster: ClusterController, metrics: NodeMetrics): ClusterController {
  const answer = { getMetrics: async () => metrics };
  return new Proxy(cluster, {
    get: (target, name) => {
      const method: unknown = Reflect.get(name in answer ? answer : target, name);
      return typeof method === "function" ? (method.bind(target) as unknown) : method;
    },
  });
}

async function formedHost(nodeIds: readonly number[] = [1, 2, 3]): Promise<MemoryHost> {
  const cluster = createMemoryClusterController();
  await cluster.init(nodeIds.map(record));
  return new MemoryHost({ cluster });
}

describe("membership", () => {
  test("init, learner, promotion, change, removal and transfer, each with the members that it led to", async () => {
    const host = new MemoryHost();
    const idsOf = async (...words: string[]) => {
      const run = await host.run("cluster", ...words, "-o", "raw");
      expect(run).toMatchObject({ exitCode: 0, errors: "" });
      return run.output.trimEnd().split("\n");
    };
    expect(await idsOf("init", "--member", ...[1, 2].map((id) => memberText(record(id))))).toEqual(["1", "2"]);
    expect(await idsOf("add-learner", memberText(record(3)))).toEqual(["1", "2", "3"]);
    expect(await idsOf("promote", "3", "--replace", "2")).toEqual(["1", "3"]);
    expect(await idsOf("add-learner", memberText(record(4)), "--wait")).toEqual(["1", "3", "4"]);
    expect(await idsOf("change-membership", "--voters", "3,4", "--retain-removed")).toEqual(["1", "3", "4"]);
    expect(await idsOf("remove", "1")).toEqual(["3", "4"]);
    expect(await idsOf("transfer-leader", "4")).toEqual(["4"]);
    const { voters } = (await host.cluster.currentState()).membership;
    expect(voters).toEqual([3, 4]);
  });

  test("an id is the same decimal text in every format, however large", async () => {
    const host = await formedHost([1, LARGE_ID]);
    const text = "9007199254740991";
    for (const format of ["table", "json", "jsonl", "raw"]) {
      expect((await host.run("cluster", "members", "-o", format)).output).toContain(text);
    }
    const { output } = await host.run("cluster", "members", "-o", "json");
    const parsed = JSON.parse(output) as { readonly members: readonly { readonly nodeId: unknown }[] };
    expect(parsed.members.map(({ nodeId }) => nodeId)).toEqual(["1", text]);
  });

  test.each([
    [["promote", "9"], 3],
    [["promote", "0"], 2],
    [["promote", "0x10"], 2],
    [["promote", "9007199254740992"], 2],
    [["change-membership", "--voters", "1,,2"], 2],
    [["change-membership"], 2],
    [["remove"], 2],
    [["init"], 2],
    [["init", "--member", "1=peer"], 2],
    [["add-learner"], 2],
    [["add-learner", "4=peer@/ip4/127.0.0.1/tcp/1", "--node-file", "x"], 2],
  ])("%j ends with %d", async (words, exitCode) => {
    const host = await formedHost();
    expect(await host.run("cluster", ...words)).toMatchObject({ exitCode, output: "" });
  });

  test("a cluster that was never formed says so", async () => {
    const run = await new MemoryHost().run("cluster", "members");
    expect(run.exitCode).toBe(1);
    expect(run.errors).toContain("aspen: not_initialized:");
  });
});

describe("init with the cluster secret", () => {
  let directory: string;
  const secret = ClusterSecret.parse("ab".repeat(32));

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "aspen-cli-"));
    await writeFile(join(directory, "cluster.secret"), `${secret.format()}\n`, { mode: 0o600 });
    const { nodeId, peerId, addresses } = record(1);
    const file = { nodeId: String(nodeId), peerId, addresses, clusterId: clusterIdOf(secret), pid: 1 };
    await writeFile(join(directory, "node.json"), JSON.stringify(file));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test("writes an admin ticket that the nodes of this cluster accept, and asks the first member with it", async () => {
    const host = new MemoryHost({ workingDirectory: directory, variables: {} });
    const run = await host.run("cluster", "init", "--secret-file", "cluster.secret", "--node-file", "node.json");
    expect(run).toMatchObject({ exitCode: 0, errors: "" });
    const [connection] = host.connections;
    expect(connection?.endpoint).toBe(record(1).addresses[0]);
    const bytes = clientTicketBytes(connection?.ticket ?? "");
    const check = { ticketKey: secret.ticketKey(), nowMs: 0, clusterId: clusterIdOf(secret) };
    const verified = bytes.kind === "bytes" ? verifyClientTicket(bytes.bytes, check) : bytes;
    expect(verified).toMatchObject({ kind: "accepted", ticket: { access: "admin" } });
  });

  test("a missing or damaged file is a matter of usage, and nobody is asked", async () => {
    const host = new MemoryHost({ workingDirectory: directory, variables: {} });
    await writeFile(join(directory, "other.json"), "{}");
    const words = ["cluster", "init", "--secret-file"];
    expect((await host.run(...words, "missing", "--node-file", "node.json")).exitCode).toBe(2);
    expect((await host.run(...words, "cluster.secret", "--node-file", "missing")).exitCode).toBe(2);
    expect((await host.run(...words, "cluster.secret", "--node-file", "other.json")).exitCode).toBe(2);
    expect(host.connections).toEqual([]);
  });
});

describe("status", () => {
  test("asks each member at its own address, and shows who does not answer", async () => {
    const cluster = createMemoryClusterController();
    await cluster.init([1, 2, 3].map(record));
    const metrics = await cluster.getMetrics();
    const host: MemoryHost = new MemoryHost({
      cluster,
      connect: async ({ endpoint }) => {
        if (endpoint === undefined) return host.client();
        const nodeId = Number(endpoint.slice(-1));
        if (nodeId === 3) throw new AspenError("timeout", "no answer");
        const role = nodeId === 1 ? ("leader" as const) : ("follower" as const);
        const own = { ...metrics, nodeId, role, appliedIndex: metrics.committedIndex - (nodeId - 1) };
        return { ...host.client(), cluster: withMetrics(cluster, own) };
      },
    });
    const run = await host.run("cluster", "status", "-o", "jsonl");
    expect(run.exitCode).toBe(0);
    const lines = run.output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { nodeId: "1", state: "answered", role: "leader", lag: 0 },
      { nodeId: "2", state: "answered", role: "follower", lag: 1 },
      { nodeId: "3", state: "unreachable", code: "timeout" },
    ]);
    const table = (await host.run("cluster", "status")).output;
    expect(table).toMatch(/^3 +voter +unreachable +- +- +- +- +- +\/ip4\/127.0.0.1\/tcp\/7003$/m);
  });

  test("somebody else at a member's address is not the member, and without a leader it ends with 4", async () => {
    const host = await formedHost([2, 3]);
    const controller = host.cluster;
    const metrics = await controller.getMetrics();
    const strangers = new MemoryHost({
      cluster: controller,
      connect: async ({ endpoint }) => {
        if (endpoint === undefined) return host.client();
        const stranger = { ...metrics, nodeId: 9 };
        return { ...host.client(), cluster: withMetrics(controller, stranger) };
      },
    });
    const run = await strangers.run("cluster", "status", "-o", "raw");
    expect(run).toMatchObject({ exitCode: 4, output: "2 unreachable\n3 unreachable\n" });
  });
});

describe("metrics and snapshots", () => {
  test("every figure of a node", async () => {
    const host = await formedHost();
    const { output } = await host.run("cluster", "metrics", "-o", "json");
    expect(JSON.parse(output)).toMatchObject({
      nodeId: "1",
      role: "leader",
      peers: [{ nodeId: "2" }, { nodeId: "3" }],
    });
    expect((await host.run("cluster", "metrics")).output).toMatch(/^PEER +MATCHED/m);
  });

  test("the log id that a snapshot covers", async () => {
    const host = await formedHost();
    const { index, term } = (await host.cluster.getMetrics()).lastLogId;
    const { output } = await host.run("cluster", "snapshot", "-o", "json");
    expect(JSON.parse(output)).toEqual({ snapshotLogId: { term, index } });
  });
});

describe("ticket", () => {
  const secret = ClusterSecret.parse("cd".repeat(32));

  test("asks for a ticket with what was named", async () => {
    const host = await formedHost();
    const run = await host.run(
      "cluster",
      "ticket",
      "--access",
      "write",
      "--prefix",
      "a/",
      "b/",
      "--ttl",
      "24h",
      "-o",
      "raw",
    );
    expect(run.output).toBe("an issued ticket\n");
    expect(host.issued).toEqual([{ access: "write", keyPrefixes: ["a/", "b/"], ttlMs: 86_400_000 }]);
  });

  test("a join ticket comes with a warning beside it, not in it", async () => {
    const run = await (await formedHost()).run("cluster", "ticket", "--join", "-o", "raw");
    expect(run.output).toBe("a join ticket\n");
    expect(run.errors).toContain("holds the cluster secret");
  });

  test("reads the ticket in use without asking anybody, and never prints a secret", async () => {
    const join = encodeJoinTicket({ clusterId: clusterIdOf(secret), addresses: ["/ip4/10.0.0.1/tcp/1"], secret });
    const host = new MemoryHost({ variables: { ASPEN_TICKET: join } });
    for (const format of ["table", "json", "jsonl", "raw"]) {
      const { output, exitCode } = await host.run("cluster", "ticket", "--decode", "-o", format);
      expect(exitCode).toBe(0);
      expect(output).toContain(clusterIdOf(secret));
      expect(output).not.toContain(secret.format());
    }
    expect(host.connections).toEqual([]);
  });

  test("a damaged ticket is refused with the reason and its source", async () => {
    const host = new MemoryHost({ variables: { ASPEN_TICKET: "aspenclientabc" } });
    expect(decodeClientTicket("aspenclientabc").kind).toBe("refused");
    const run = await host.run("cluster", "ticket", "--decode");
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain("the ticket came from ASPEN_TICKET");
  });
});
