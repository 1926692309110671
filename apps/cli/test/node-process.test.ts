import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ClusterDirectory } from "../src/local-cluster/cluster-directory.ts";
import { NodeProcess, type NodeState } from "../src/local-cluster/node-process.ts";
import { isProcessAlive, processGroupOf } from "./programs.ts";

const program = {
  command: process.execPath,
  leadingArguments: [fileURLToPath(new URL("programs/fake-node.ts", import.meta.url))],
};

let root: string;
let directory: ClusterDirectory;
let states: NodeState[];
let node: NodeProcess;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "aspen-cli-"));
  directory = new ClusterDirectory(root);
  await mkdir(directory.nodeDirectory(7));
  states = [];
  const onChange = ({ state }: NodeProcess): void => void states.push(state);
  node = new NodeProcess({ nodeId: 7, port: 7_607, directory, program, onChange, stopMs: 500 });
});

afterEach(async () => {
  await node.stop();
  await rm(root, { recursive: true });
});

describe("a node as a child process", { timeout: 60_000 }, () => {
  test("runs when it has written its file with its own process id", async () => {
    // Left by an earlier process.
    await writeFile(
      directory.nodeFilePath(7),
      JSON.stringify({ nodeId: "7", peerId: "p", clusterId: "c", addresses: [], pid: 1 }),
    );
    node.start();
    const file = await node.running();
    expect(file).toMatchObject({ nodeId: 7, addresses: ["/ip4/127.0.0.1/tcp/7607"] });
    expect(isProcessAlive(file.pid)).toBe(true);
  });

  test("N1: it is in a process group of its own, so that Ctrl-C in the terminal does not reach it", async () => {
    node.start();
    const { pid } = await node.running();
    expect(processGroupOf(pid)).toBe(pid);
  });

  test("N3: a process that is killed is started again, and that is told", async () => {
    node.start();
    const first = await node.running();
    process.kill(first.pid, "SIGKILL");
    // The state passes: by the time that it is seen here, the node may be starting again.
    expect(await untilWaiting()).toEqual({ kind: "waiting", reason: "was ended by SIGKILL", delayMs: 250 });
    const second = await node.running();
    expect(second.pid).not.toBe(first.pid);
  });

  test("killed on purpose, it stays down until it is released", async () => {
    node.start();
    const { pid } = await node.running();
    await node.kill();
    expect(isProcessAlive(pid)).toBe(false);
    expect(node.state).toEqual({ kind: "held" });
    node.release();
    expect((await node.running()).pid).not.toBe(pid);
  });

  test("N4: stopping ends the process, with SIGKILL when it does not listen", async () => {
    await writeFile(join(directory.nodeDirectory(7), "ignores-sigterm"), "");
    node.start();
    const { pid } = await node.running();
    await node.stop();
    expect(isProcessAlive(pid)).toBe(false);
    expect(node.state).toEqual({ kind: "stopped" });
    await expect(node.running()).rejects.toThrow("was stopped");
  });

  test("N4: stopped right after its start, it does not run", async () => {
    node.start();
    await node.stop();
    expect(node.state).toEqual({ kind: "stopped" });
    const { pid } = states.find((state) => state.kind === "running") ?? { pid: undefined };
    expect(pid).toBeUndefined();
  });

  test("killed right after its start, it does not run either, until it is released", async () => {
    node.start();
    await node.kill();
    expect(node.state).toEqual({ kind: "held" });
    expect(states.map(({ kind }) => kind)).not.toContain("running");
    node.release();
    await node.running();
  });

  test("variables of the environment that are meant for nodes do not reach it", async () => {
    process.env["ASPEN_NODE_ID"] = "9";
    try {
      node.start();
      await node.running();
      expect(await readFile(directory.nodeLogPath(7), "utf8")).toBe("environment: \n");
    } finally {
      delete process.env["ASPEN_NODE_ID"];
    }
  });

  test("a program that does not exist is a death like any other", async () => {
    node = new NodeProcess({
      nodeId: 7,
      port: 7_607,
      directory,
      program: { command: join(root, "missing"), leadingArguments: [] },
      onChange: ({ state }) => void states.push(state),
    });
    node.start();
    expect(await untilWaiting()).toMatchObject({ kind: "waiting", delayMs: 250 });
    expect(existsSync(directory.nodeFilePath(7))).toBe(false);
  });
});

/** The first time that it waits for a restart. */
function untilWaiting(): Promise<NodeState> {
  return vi.waitUntil(() => states.find((state) => state.kind === "waiting"), { timeout: 20_000, interval: 10 });
}
