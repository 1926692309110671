import { createReadStream } from "node:fs";
import { resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import type { DiskCall } from "./disk-call.ts";

/** Every call that may change a file or a folder, and those that say which descriptor stands for what. */
const TRACED_CALLS = [
  ...["openat", "creat", "close", "lseek", "clone", "clone3", "fork", "vfork"],
  ...["write", "writev", "pwrite64", "pwritev", "pwritev2", "copy_file_range", "sendfile", "ioctl"],
  ...["truncate", "ftruncate", "fallocate", "msync", "fsync", "fdatasync", "sync", "syncfs", "sync_file_range"],
  ...["rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"],
  ...["unlink", "unlinkat", "rmdir", "mkdir", "mkdirat"],
];

/** For `strace`: its child stays the process that was started, and every string is written out in full, as hex. */
export function straceArguments(traceFile: string): readonly string[] {
  const how = ["-D", "-f", "-y", "-xx", "-s", "16777216", "-ttt", "-T", "--seccomp-bpf"];
  return [...how, "-e", `trace=${TRACED_CALLS.join(",")}`, "-o", traceFile];
}

/** One line of a trace, whole: `name(parameters) = result`. */
interface SystemCall {
  readonly thread: string;
  readonly name: string;
  readonly parameters: string;
  /** `undefined` when the process died in the call. */
  readonly result: string | undefined;
  readonly startedMicros: number;
  readonly endedMicros: number;
}

interface Descriptor {
  offset: number;
  readonly isSynced: boolean;
  readonly isAppending: boolean;
}

interface OpenFile {
  readonly path: string;
  readonly descriptor: Descriptor;
}

const STRING = /"([^"]*)"/;
const DESCRIPTOR = /^(\d+)<([^>]*)>(\(deleted\))?/;
const NAMELESS_ERROR = /^-1 \(errno \d+\)/;
const MICROS_PER_SECOND = 1_000_000;

/**
 * Reads what a traced process, with all its threads and children, did to the disk below one folder, in the order in
 * which the calls were made.
 * @throws Error on a call that changes the folder in a way that is not known here: the disk must not be guessed
 */
export async function readDiskTrace(traceFile: string, folder: string): Promise<readonly DiskCall[]> {
  const reader = new DiskTraceReader(folder);
  for await (const call of systemCalls(traceFile)) reader.read(call);
  return reader.calls.toSorted((left, right) => left.startedMicros - right.startedMicros);
}

/** Joins the two halves of calls that another thread interrupted in the trace. */
async function* systemCalls(traceFile: string): AsyncGenerator<SystemCall> {
  const unfinished = new Map<string, { readonly text: string; readonly startedMicros: number }>();
  for await (const line of createInterface({ input: createReadStream(traceFile), crlfDelay: Infinity })) {
    const head = /^(\d+) +(\d+\.\d+) /.exec(line);
    if (head === null) continue;
    const [, thread = "", seconds = "0"] = head;
    const startedMicros = Math.round(Number(seconds) * MICROS_PER_SECOND);
    const text = line.slice(head[0].length);
    // Signals, and the ends of threads, which may come in the middle of a call.
    if (text.startsWith("+++") || text.startsWith("---")) continue;
    const halted = text.indexOf(" <unfinished ...>");
    if (halted !== -1) {
      unfinished.set(thread, { text: text.slice(0, halted), startedMicros });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    const first = unfinished.get(thread);
    unfinished.delete(thread);
    if (resumed !== null && first === undefined) throw new Error(`a call goes on that did not begin: ${text}`);
    const whole = resumed === null ? text : `${first?.text ?? ""}${text.slice(resumed[0].length)}`;
    const call = parseCall(thread, whole, resumed === null ? startedMicros : (first?.startedMicros ?? 0));
    if (call !== undefined) yield call;
  }
  for (const [thread, { text, startedMicros }] of unfinished) {
    const call = parseCall(thread, `${text}) = ?`, startedMicros);
    if (call !== undefined) yield call;
  }
}

function parseCall(thread: string, text: string, startedMicros: number): SystemCall | undefined {
  const opening = text.indexOf("(");
  const closing = text.lastIndexOf(") = ");
  if (opening === -1 || closing === -1) return undefined;
  const outcome = text.slice(closing + 4);
  const [, result, seconds] = /^(\S+).*?(?:<(\d+\.\d+)>)?$/.exec(outcome) ?? [];
  // The tracer says `?` of a process that died in the call, or what it took for a number of an error without a name.
  const isReturned = result !== undefined && result !== "?" && !NAMELESS_ERROR.test(outcome);
  return {
    thread,
    name: text.slice(0, opening),
    parameters: text.slice(opening + 1, closing),
    result: isReturned ? result : undefined,
    startedMicros,
    endedMicros: isReturned ? startedMicros + Math.round(Number(seconds) * MICROS_PER_SECOND) : Infinity,
  };
}

class DiskTraceReader {
  readonly calls: DiskCall[] = [];
  readonly #folder: string;
  /** Threads share the descriptors of their process; a child process has its own. */
  readonly #processes = new Map<string, Map<number, Descriptor>>();

  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  read(call: SystemCall): void {
    if (call.result?.startsWith("-") === true) return;
    switch (call.name) {
      case "clone":
      case "clone3":
      case "fork":
      case "vfork":
        return this.#startThread(call);
      case "openat":
        return this.#open(call);
      case "lseek":
        return this.#seek(call);
      case "write":
      case "writev":
      case "pwrite64":
      case "pwritev":
        return this.#write(call);
      case "ftruncate":
        return this.#truncate(call);
      case "fsync":
      case "fdatasync":
        return this.#sync(call);
      case "copy_file_range":
        return this.#copy(call);
      default:
        return this.#changeNames(call);
    }
  }

  #startThread(call: SystemCall): void {
    const child = Number.parseInt(call.result ?? "", 10);
    if (Number.isNaN(child)) return;
    const descriptors = this.#descriptorsOf(call.thread);
    const isThread = call.parameters.includes("CLONE_THREAD");
    // It may have run before the call that made it returned.
    const early = this.#processes.get(String(child)) ?? new Map<number, Descriptor>();
    const target = isThread ? descriptors : new Map(descriptors);
    for (const [number, descriptor] of early) target.set(number, descriptor);
    this.#processes.set(String(child), target);
  }

  #open(call: SystemCall): void {
    const path = this.#pathIn(call);
    if (path === undefined) return;
    const flags = call.parameters.slice(call.parameters.lastIndexOf('"')).split(/[ ,|]+/);
    const { startedMicros, endedMicros } = call;
    // Only new if nothing has that name: whoever plays the calls back knows.
    if (flags.includes("O_CREAT")) this.calls.push({ kind: "create", path, startedMicros, endedMicros });
    if (flags.includes("O_TRUNC")) {
      this.calls.push({ kind: "truncate", path, byteLength: 0, startedMicros: endedMicros, endedMicros });
    }
    if (call.result === undefined) return;
    this.#descriptorsOf(call.thread).set(Number.parseInt(call.result, 10), {
      offset: 0,
      isSynced: flags.includes("O_DSYNC") || flags.includes("O_SYNC"),
      isAppending: flags.includes("O_APPEND"),
    });
  }

  #seek(call: SystemCall): void {
    const file = this.#fileIn(call);
    if (file !== undefined) file.descriptor.offset = Number(call.result);
  }

  #write(call: SystemCall): void {
    const file = this.#fileIn(call);
    if (file === undefined) return;
    const strings = [...call.parameters.matchAll(/"([^"]*)"/g)].map(([, hex = ""]) => bytesOf(hex));
    const whole = Buffer.concat(strings);
    const bytes = call.result === undefined ? whole : whole.subarray(0, Number(call.result));
    const isPositioned = call.name.startsWith("p");
    const { descriptor, path } = file;
    if (descriptor.isAppending && bytes.length > 0) throw new Error(`cannot follow appends to ${path}`);
    const offset = isPositioned
      ? Number(call.parameters.slice(call.parameters.lastIndexOf(",") + 1))
      : descriptor.offset;
    if (!isPositioned) descriptor.offset += bytes.length;
    const { startedMicros, endedMicros } = call;
    this.calls.push({ kind: "write", path, offset, bytes, isSynced: descriptor.isSynced, startedMicros, endedMicros });
  }

  /** `copy_file_range(from, [offset], to, [offset], …)`; without an offset, a descriptor's own counts and moves on. */
  #copy(call: SystemCall): void {
    const [from = "", fromOffset = "", to = "", toOffset = ""] = call.parameters.split(", ");
    const target = this.#fileOf(call.thread, to);
    if (target === undefined || call.result === undefined) return;
    const source = this.#fileOf(call.thread, from);
    if (source === undefined) throw new Error(`cannot follow a copy from elsewhere to ${target.path}`);
    const byteLength = Number.parseInt(call.result, 10);
    const place = (text: string, { descriptor }: OpenFile): number => {
      const given = /^\[(\d+)\]/.exec(text)?.[1];
      if (given !== undefined) return Number(given);
      descriptor.offset += byteLength;
      return descriptor.offset - byteLength;
    };
    this.calls.push({
      kind: "copy",
      from: source.path,
      fromOffset: place(fromOffset, source),
      path: target.path,
      offset: place(toOffset, target),
      byteLength,
      startedMicros: call.startedMicros,
      endedMicros: call.endedMicros,
    });
  }

  #truncate(call: SystemCall): void {
    const file = this.#fileIn(call);
    if (file === undefined) return;
    const byteLength = Number(call.parameters.slice(call.parameters.lastIndexOf(",") + 1));
    const { startedMicros, endedMicros } = call;
    this.calls.push({ kind: "truncate", path: file.path, byteLength, startedMicros, endedMicros });
  }

  #sync(call: SystemCall): void {
    const [, , hex = "", removed = ""] = DESCRIPTOR.exec(call.parameters) ?? [];
    const path = textOf(hex);
    if (removed !== "" || !this.#holds(path) || call.result === undefined) return;
    const { startedMicros, endedMicros } = call;
    this.calls.push({ kind: "sync", path, startedMicros, endedMicros });
  }

  #changeNames(call: SystemCall): void {
    const paths = [...call.parameters.matchAll(new RegExp(STRING, "g"))].map(([, hex = ""]) => resolve(textOf(hex)));
    const [path, to] = paths;
    if (path === undefined || !paths.some((each) => this.#holds(each))) return this.#assertHarmless(call);
    const { startedMicros, endedMicros } = call;
    const timed = { startedMicros, endedMicros };
    if (call.name === "mkdir" || call.name === "mkdirat") this.calls.push({ kind: "makeDirectory", path, ...timed });
    else if (call.name === "unlink" || call.name === "unlinkat") this.calls.push({ kind: "unlink", path, ...timed });
    else if (call.name.startsWith("rename") && to !== undefined) {
      this.calls.push({ kind: "rename", from: path, to, ...timed });
    } else if ((call.name === "link" || call.name === "linkat") && to !== undefined) {
      this.calls.push({ kind: "link", from: path, to, ...timed });
    } else throw new Error(`cannot follow ${call.name}(${path})`);
  }

  /** What is left may touch the folder through a descriptor only: then it would have to be followed. */
  #assertHarmless(call: SystemCall): void {
    if (call.name === "close" || call.name === "sync") return;
    // A clone of a file that the file system refuses fails, and did not come here.
    const descriptors = [...call.parameters.matchAll(/\d+<([^>]*)>/g)].map(([, hex = ""]) => textOf(hex));
    if (call.name === "ioctl" && !call.parameters.includes("FICLONE")) return;
    const touched = descriptors.find((path) => this.#holds(path));
    if (touched !== undefined) throw new Error(`cannot follow ${call.name} of ${touched}`);
  }

  #fileIn(call: SystemCall): OpenFile | undefined {
    return this.#fileOf(call.thread, call.parameters);
  }

  #fileOf(thread: string, text: string): OpenFile | undefined {
    const [, number, hex = "", removed = ""] = DESCRIPTOR.exec(text) ?? [];
    const path = textOf(hex);
    // What goes on in a removed file does not matter; its name may be another's by now.
    if (number === undefined || removed !== "" || !this.#holds(path)) return undefined;
    const descriptor = this.#descriptorsOf(thread).get(Number(number));
    if (descriptor === undefined) throw new Error(`${path} was never opened`);
    return { path, descriptor };
  }

  #pathIn(call: SystemCall): string | undefined {
    const hex = STRING.exec(call.parameters)?.[1];
    const path = hex === undefined ? undefined : resolve(textOf(hex));
    return path !== undefined && this.#holds(path) ? path : undefined;
  }

  #holds(path: string): boolean {
    return path === this.#folder || path.startsWith(this.#folder + sep);
  }

  #descriptorsOf(thread: string): Map<number, Descriptor> {
    let descriptors = this.#processes.get(thread);
    if (descriptors === undefined) {
      descriptors = new Map();
      this.#processes.set(thread, descriptors);
    }
    return descriptors;
  }
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}

function textOf(hex: string): string {
  return bytesOf(hex).toString();
}
