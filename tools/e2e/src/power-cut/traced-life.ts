import type { NodeId } from "@aspenjs/api";
import { NodeProcess, type NodeProcessOptions } from "../node-process.ts";
import { DiskModel } from "./disk-model.ts";
import { readDiskTrace, straceArguments } from "./disk-trace.ts";
import { traceEnd } from "./trace-end.ts";

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
    await traceEnd(this.#traceFile, this.#pid);
    this.#disk.load(await readDiskTrace(this.#traceFile, this.node.options.dataDirectory));
    return this.#disk;
  }
}
