import { open, stat } from "node:fs/promises";
import type { NodeId } from "@aspenjs/api";
import { NodeProcess, type NodeProcessOptions } from "../node-process.ts";
import { DiskModel } from "./disk-model.ts";
import { readDiskTrace, straceArguments } from "./disk-trace.ts";

const TRACE_TAIL_BYTES = 4_096;
const TRACE_MS_MAX = 60_000;
const POLL_MS = 20;

/** One life of a node process whose every change of the disk is written down, from its start to its SIGKILL. */
export class TracedLife {
  readonly node: NodeProcess;
  readonly #disk: DiskModel;
  readonly #traceFile: string;
  #pid = 0;

  private constructor(node: NodeProcess, disk: DiskModel, traceFile: string) {
    this.node = node;
    this.#disk = disk;
    this.#traceFile = traceFile;
  }

  /** Looks at the disk; the node is yet to be started. */
  static async prepare(options: NodeProcessOptions, traceFile: string): Promise<TracedLife> {
    const disk = await DiskModel.of(options.dataDirectory);
    const node = new NodeProcess({ ...options, wrapper: ["strace", ...straceArguments(traceFile)] });
    return new TracedLife(node, disk, traceFile);
  }

  get nodeId(): NodeId {
    return this.node.nodeId;
  }

  async start(): Promise<void> {
    await this.node.start();
    this.#pid = this.node.pid;
  }

  /** Ends the process, and returns its disk as it was before the life, with the calls that it made loaded. */
  async end(): Promise<DiskModel> {
    await this.node.kill();
    await this.#awaitTracer();
    this.#disk.load(await readDiskTrace(this.#traceFile, this.node.options.dataDirectory));
    return this.#disk;
  }

  /** The tracer writes on for a moment; the end of the process itself is what it writes last. */
  async #awaitTracer(): Promise<void> {
    const last = new RegExp(`^${this.#pid} .*\\+\\+\\+ (killed|exited) `, "m");
    const endMs = performance.now() + TRACE_MS_MAX;
    while (!last.test(await tailOf(this.#traceFile))) {
      if (performance.now() > endMs) throw new Error(`the trace ${this.#traceFile} does not end`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

async function tailOf(file: string): Promise<string> {
  const { size } = await stat(file);
  const handle = await open(file, "r");
  try {
    const length = Math.min(size, TRACE_TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  } finally {
    await handle.close();
  }
}
