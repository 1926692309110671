import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NodeId, NodeRecord } from "@aspenjs/api";

const NODE_MAIN = fileURLToPath(new URL("../../../apps/node/src/main.ts", import.meta.url));
/** Five of them on a busy machine with two cores have been seen to need half a minute. */
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 15_000;
const POLL_MS = 20;
const LOG_CHARACTERS_MAX = 200_000;

export interface NodeProcessOptions {
  readonly nodeId: NodeId;
  readonly dataDirectory: string;
  readonly secretFile: string;
  readonly flags?: readonly string[];
  /** For V8 itself, such as a bound on the heap. */
  readonly engineFlags?: readonly string[];
  /** Where to listen at the first start; a free port of loopback unless given. */
  readonly listen?: string;
  /** A program and its arguments that runs the node as the process that was started, such as a tracer. */
  readonly wrapper?: readonly string[];
}

/** One `aspen-node` process: started, signalled and restarted as an operator, or a power cut, would. */
export class NodeProcess {
  readonly options: NodeProcessOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #record: NodeRecord | undefined;
  #log = "";
  #isLogCut = false;

  constructor(options: NodeProcessOptions) {
    this.options = options;
  }

  get nodeId(): NodeId {
    return this.options.nodeId;
  }

  get record(): NodeRecord {
    if (this.#record === undefined) throw new Error(`node ${this.nodeId} has not started yet`);
    return this.#record;
  }

  get address(): string {
    const address = this.record.addresses[0];
    if (address === undefined) throw new Error(`node ${this.nodeId} listens nowhere`);
    return address;
  }

  /** Where it listened last, without its name: for a later start, or for another process in its place. */
  get listen(): string | undefined {
    return this.#record?.addresses[0]?.replace(/\/p2p\/.*$/, "");
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`node ${this.nodeId} does not run`);
    return pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** The end of what the process wrote to standard error. */
  get log(): string {
    return this.#log;
  }

  /** What is held of it in whole lines: the last one may still be on its way, and the first one may have lost its head. */
  get logLines(): readonly string[] {
    return this.#log.split("\n").slice(this.#isLogCut ? 1 : 0, -1);
  }

  /** The first start picks a port; later ones keep it. */
  async start(): Promise<void> {
    const { nodeId, dataDirectory, secretFile, flags = [], engineFlags = [], wrapper = [] } = this.options;
    const listen = this.listen ?? this.options.listen ?? "/ip4/127.0.0.1/tcp/0";
    const announced = join(dataDirectory, "node.json");
    await rm(announced, { force: true });
    const command = [
      ...wrapper,
      process.execPath,
      ...engineFlags,
      "--conditions=@aspenjs/source",
      NODE_MAIN,
      "--data-dir",
      dataDirectory,
      "--secret-file",
      secretFile,
      "--node-id",
      String(nodeId),
      "--listen",
      listen,
      ...flags,
    ];
    const child = spawn(command[0] ?? process.execPath, command.slice(1), {
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const log = this.#log + text;
      this.#isLogCut ||= log.length > LOG_CHARACTERS_MAX;
      this.#log = log.slice(-LOG_CHARACTERS_MAX);
    });
    this.#child = child;
    this.#exited = once(child, "exit").then(() => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#record = await this.#awaitRecord(announced);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** At once, with everything that was not synced. */
  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    this.signal("SIGKILL");
    await this.#exited;
  }

  async stop(): Promise<void> {
    if (this.#child === undefined) return;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const patience = setTimeout(() => this.#child?.kill("SIGKILL"), STOP_MS_MAX);
    await this.#exited;
    clearTimeout(patience);
  }

  /** User and system time spent so far, all threads, in microseconds. */
  async cpuMicros(): Promise<number> {
    const fields = (await readFile(`/proc/${this.pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
    const clockTicks = Number(fields[11]) + Number(fields[12]);
    return clockTicks * 10_000;
  }

  async residentBytes(): Promise<number> {
    return this.#statusBytes("VmRSS");
  }

  /** What is its own: pages of files that are mapped come and go with the system's mood. */
  async anonymousBytes(): Promise<number> {
    return this.#statusBytes("RssAnon");
  }

  async #statusBytes(field: "VmRSS" | "RssAnon"): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, "utf8");
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1_024;
  }

  async #awaitRecord(path: string): Promise<NodeRecord> {
    const endMs = performance.now() + START_MS_MAX;
    while (performance.now() < endMs) {
      if (this.#child === undefined) throw new Error(`node ${this.nodeId} ended while starting:\n${this.#log}`);
      const text = await readFile(path, "utf8").catch(() => "");
      if (text.endsWith("}\n")) {
        const { peerId, addresses } = JSON.parse(text) as NodeRecord;
        return { nodeId: this.nodeId, peerId, addresses };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`node ${this.nodeId} does not listen after ${START_MS_MAX} ms:\n${this.#log}`);
  }
}
