import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AspenError } from "@aspenjs/api";
import { createMemoryLogStore, MemoryDisk } from "@aspenjs/log-store/memory";
import { ClusterSecret } from "@aspenjs/protocol";
import { createMemoryStateMachine } from "@aspenjs/state-machine/memory";
import { createSystemRandom } from "@aspenjs/transport/libp2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AspenNode } from "../src/aspen-node.ts";
import {
  NodeBuilder,
  openDefaultNode,
  readOrCreateSecretFile,
  readSecretFile,
  type DefaultNodeOptions,
  type LogStoreContext,
} from "../src/default/index.ts";

const random = createSystemRandom();
const secret = ClusterSecret.generate(random);
let root: string;
let dataDirectory: string;
const nodes: AspenNode[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "aspen-default-"));
  dataDirectory = join(root, "data");
});

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  await rm(root, { recursive: true, force: true });
});

async function open(options: Partial<DefaultNodeOptions> = {}): Promise<AspenNode> {
  const node = await openDefaultNode({ dataDirectory, secret, listen: ["/ip4/127.0.0.1/tcp/0"], ...options });
  nodes.push(node);
  return node;
}

async function close(node: AspenNode): Promise<void> {
  nodes.splice(nodes.indexOf(node), 1);
  await node.stop();
}

describe("a data directory", () => {
  test("makes a node who it is at the first start, for good, and for its owner's eyes alone", async () => {
    const first = await open({ nodeId: 7 });
    const { identity } = first;
    expect(identity.nodeId).toBe(7);
    await close(first);
    expect((await open()).identity).toEqual(identity);
    for (const [path, mode] of [["", 0o700] as const, ["identity.json", 0o600] as const]) {
      expect((await stat(join(dataDirectory, path))).mode & 0o777).toBe(mode);
    }
  });

  test("draws a node id when it is given none", async () => {
    const { nodeId } = (await open()).identity;
    expect(Number.isSafeInteger(nodeId) && nodeId > 0).toBe(true);
  });

  test("of another node id is `invalid_request`, and stays as it is", async () => {
    const first = await open({ nodeId: 1 });
    await close(first);
    const before = await readFile(join(dataDirectory, "identity.json"), "utf8");
    await expect(open({ nodeId: 2 })).rejects.toMatchObject({ code: "invalid_request" });
    expect(await readFile(join(dataDirectory, "identity.json"), "utf8")).toBe(before);
  });

  test("that is open already is `conflict`", async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("open already") });
  });

  test("whose log is gone is `corrupt`: a node that forgot its vote must not come back", async () => {
    const first = await open();
    await close(first);
    await rm(join(dataDirectory, "log"), { recursive: true });
    await expect(open()).rejects.toMatchObject({ code: "corrupt" });
  });

  test("with a damaged identity is `corrupt`, of a later version `unsupported`, readable by others `forbidden`", async () => {
    await close(await open());
    const path = join(dataDirectory, "identity.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.slice(0, -10));
    await expect(open()).rejects.toMatchObject({ code: "corrupt" });
    await writeFile(path, text.replace('"storeId"', '"shopId"'));
    await expect(open()).rejects.toMatchObject({ code: "corrupt" });
    await writeFile(path, text.replace('"version": 1', '"version": 2'));
    await expect(open()).rejects.toMatchObject({ code: "unsupported" });
    await writeFile(path, text);
    await chmod(path, 0o644);
    await expect(open()).rejects.toMatchObject({ code: "forbidden" });
    await chmod(path, 0o600);
    await open();
  });

  test("is free again after a start that failed", async () => {
    const config = { electionMsMin: 2_000, electionMsMax: 1_000 };
    await expect(open({ config })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(open({ listen: ["nonsense"] })).rejects.toMatchObject({ code: "invalid_request" });
    await open();
  });
});

describe("parts of one's own", () => {
  const options = () => ({ dataDirectory, secret, listen: ["/ip4/127.0.0.1/tcp/0"] });

  test("take the place of the defaults, are told what they need, and are closed with the node", async () => {
    const disk = new MemoryDisk();
    const contexts: LogStoreContext[] = [];
    const withMemory = () =>
      new NodeBuilder(options())
        .withLogStore(async (context) => {
          contexts.push(context);
          const outcome = await createMemoryLogStore({ ...context, disk });
          if (outcome.kind === "fault") throw new Error(outcome.fault.message);
          return outcome.store;
        })
        .withStateMachine(async () => createMemoryStateMachine());
    const first = await withMemory().open();
    nodes.push(first);
    await first.start();
    const state = await first.controller.init([first.record]);
    expect(state.membership.voters).toEqual([first.identity.nodeId]);
    await close(first);
    nodes.push(await withMemory().open());
    const { storeId } = first.identity;
    expect(contexts).toMatchObject([
      { dataDirectory, storeId, mustExist: false },
      { dataDirectory, storeId, mustExist: true },
    ]);
    expect(await readdir(dataDirectory)).toEqual(["identity.json"]);
  });

  test("that cannot be made leave the directory free", async () => {
    const cause = new AspenError("unavailable", "no network today");
    const broken = new NodeBuilder(options()).withTransport(() => Promise.reject(cause));
    await expect(broken.open()).rejects.toBe(cause);
    await open();
  });
});

describe("a secret file", () => {
  test("is made once, and read back", async () => {
    const path = join(root, "made", "cluster.secret");
    const made = await readOrCreateSecretFile(path, random);
    expect((await readOrCreateSecretFile(path, random)).format()).toBe(made.format());
    expect((await readSecretFile(path)).format()).toBe(made.format());
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("that is missing is `not_found`, readable by others `forbidden`, something else `invalid_request`", async () => {
    const path = join(root, "cluster.secret");
    await expect(readSecretFile(path)).rejects.toMatchObject({ code: "not_found" });
    await writeFile(path, "too short", { mode: 0o600 });
    await expect(readSecretFile(path)).rejects.toMatchObject({ code: "invalid_request" });
    await writeFile(path, secret.format());
    await chmod(path, 0o640);
    await expect(readSecretFile(path)).rejects.toMatchObject({ code: "forbidden" });
  });
});
