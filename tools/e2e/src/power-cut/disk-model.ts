/**
 * What a disk holds after the power went. The rules are POSIX's, and no kinder:
 *
 * D1  The content of a file is durable once a sync of the file has returned that began after its writes had returned;
 *     of a file that is opened to be written through, once the write has.
 * D2  A name (a new file or folder, a rename, a removal) is durable once a sync of its folder has returned, likewise.
 *     To sync the file does not help its name.
 * D3  Of everything else any part may be there: each sector of each write by itself, and of the changes to one folder
 *     the first few.
 * D4  A call in which the process died may have come to nothing, or to a part of what it asked for: the tracer writes
 *     down what is asked before the system begins.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { DiskCall } from "./disk-call.ts";
import { DiskFile, type CutMercy } from "./disk-file.ts";
import { DiskFolder, type DiskNode } from "./disk-folder.ts";

/** Files by their path below the folder. A folder has no content. */
export type DiskImage = ReadonlyMap<string, Uint8Array | undefined>;

type NameChangeKind = "create" | "makeDirectory" | "unlink" | "link" | "rename";

interface Step {
  readonly atMicros: number;
  readonly play: () => void;
}

/** One folder that one process works in, played forward call by call. */
export class DiskModel {
  readonly #path: string;
  readonly #root: DiskFolder;
  #steps: readonly Step[] = [];
  #renameMicros: readonly number[] = [];
  /** Paths below the folder that may be there or not (D4). */
  #openNames: ReadonlySet<string> = new Set();
  #position = 0;

  private constructor(path: string, root: DiskFolder) {
    this.#path = path;
    this.#root = root;
  }

  /** The folder as it is found, all of it durable. */
  static async of(path: string): Promise<DiskModel> {
    return new DiskModel(path, await readFolder(path));
  }

  /** Every call of the process that ran since; once. */
  load(calls: readonly DiskCall[]): void {
    this.#renameMicros = calls
      .filter(({ kind }) => kind === "rename" || kind === "link")
      .map(({ endedMicros }) => endedMicros);
    const open = calls.filter(({ endedMicros }) => endedMicros === Infinity).flatMap(namesChangedBy);
    this.#openNames = new Set(open.map((path) => relative(this.#path, path)));
    const steps = calls.flatMap((call) => this.#stepsOf(call));
    this.#steps = steps.filter((step) => step.atMicros !== Infinity).toSorted((a, b) => a.atMicros - b.atMicros);
  }

  /** When files got other names: around these, most is at stake. */
  get renameMicros(): readonly number[] {
    return this.#renameMicros;
  }

  /** When anything came to the disk, or became durable. */
  get stepMicros(): readonly number[] {
    return this.#steps.map(({ atMicros }) => atMicros);
  }

  /** Instants never go back. */
  playUntil(instantMicros: number): void {
    for (;;) {
      const step = this.#steps[this.#position];
      if (step === undefined || step.atMicros > instantMicros) return;
      step.play();
      this.#position += 1;
    }
  }

  /** As every process sees it now. */
  live(): DiskImage {
    return imageOf(
      this.#root,
      (folder) => folder.live(),
      (file) => file.live(),
    );
  }

  /** Where the folder as it was found in the end is not what the calls say that it must be, among the names to follow. */
  differencesFrom(found: DiskImage, isFollowed: (name: string) => boolean): readonly string[] {
    const modelled = imageOf(
      this.#root,
      (folder) => folder.live(),
      (file) => file,
    );
    const names = new Set([...modelled.keys(), ...found.keys()]);
    return [...names].toSorted().flatMap((name) => {
      if (this.#openNames.has(name) || !isFollowed(name)) return [];
      if (!found.has(name)) return [`${name} is not there`];
      if (!modelled.has(name)) return [`${name} is there`];
      const [file, bytes] = [modelled.get(name), found.get(name)];
      if (file === undefined || bytes === undefined) return file === bytes ? [] : [`${name} is of another kind`];
      return file.mayHold(bytes) ? [] : [`${name} has another content`];
    });
  }

  /** What would be found, had the power gone now. Changes nothing. */
  afterCut(mercy: CutMercy): DiskImage {
    return imageOf(
      this.#root,
      (folder) => folder.afterCut(mercy),
      (file) => file.afterCut(mercy),
    );
  }

  /** Data may reach the disk from the moment at which they are handed over; a sync or a name counts when it is done. */
  #stepsOf(call: DiskCall): readonly Step[] {
    const { startedMicros, endedMicros } = call;
    switch (call.kind) {
      case "write": {
        const { offset, bytes } = call;
        const write = (): void => this.#fileAt(call.path)?.change({ kind: "write", offset, bytes, endedMicros });
        const steps = [{ atMicros: startedMicros, play: write }];
        if (!call.isSynced) return steps;
        const settle = (): void => this.#fileAt(call.path)?.syncRange(offset, bytes.length, endedMicros);
        return [...steps, { atMicros: endedMicros, play: settle }];
      }
      case "copy":
        return [{ atMicros: startedMicros, play: () => this.#copy(call) }];
      case "truncate": {
        const { byteLength } = call;
        const play = (): void => this.#fileAt(call.path)?.change({ kind: "truncate", byteLength, endedMicros });
        return [{ atMicros: startedMicros, play }];
      }
      case "sync":
        return [{ atMicros: endedMicros, play: () => this.#nodeAt(call.path)?.sync(startedMicros) }];
      case "create":
      case "makeDirectory":
      case "unlink":
      case "link":
      case "rename":
        return [{ atMicros: endedMicros, play: () => this.#changeNames(call) }];
    }
  }

  #copy(call: DiskCall & { readonly kind: "copy" }): void {
    const { fromOffset, offset, byteLength, endedMicros } = call;
    const bytes = this.#fileAt(call.from)
      ?.live()
      .subarray(fromOffset, fromOffset + byteLength);
    if (bytes?.length !== byteLength) throw new Error(`${call.from} is shorter than what was copied of it`);
    this.#fileAt(call.path)?.change({ kind: "write", offset, bytes, endedMicros });
  }

  #changeNames(call: Extract<DiskCall, { readonly kind: NameChangeKind }>): void {
    const { endedMicros } = call;
    switch (call.kind) {
      case "rename": {
        const from = this.#placeOf(call.from);
        const to = this.#placeOf(call.to);
        if (from.folder !== to.folder) throw new Error(`cannot follow ${call.from} into another folder`);
        from.folder.change({ kind: "rename", name: from.name, to: to.name, endedMicros });
        return;
      }
      case "link": {
        const node = this.#nodeAt(call.from);
        if (node === undefined) throw new Error(`${call.from} is not there`);
        const { folder, name } = this.#placeOf(call.to);
        folder.change({ kind: "link", name, node, endedMicros });
        return;
      }
      case "unlink": {
        const { folder, name } = this.#placeOf(call.path);
        folder.change({ kind: "unlink", name, endedMicros });
        return;
      }
      case "create":
      case "makeDirectory": {
        const { folder, name } = this.#placeOf(call.path);
        if (folder.live().has(name)) return;
        const node = call.kind === "create" ? new DiskFile() : new DiskFolder();
        folder.change({ kind: "link", name, node, endedMicros });
      }
    }
  }

  #placeOf(path: string): { readonly folder: DiskFolder; readonly name: string } {
    const names = relative(this.#path, path).split(sep);
    const name = names.pop() ?? "";
    const folder = this.#walk(names);
    if (folder?.kind !== "folder") throw new Error(`there is no folder for ${path}`);
    return { folder, name };
  }

  /** Nothing when the name is gone: what goes on in a removed file does not matter. */
  #nodeAt(path: string): DiskNode | undefined {
    return this.#walk(path === this.#path ? [] : relative(this.#path, path).split(sep));
  }

  #fileAt(path: string): DiskFile | undefined {
    const node = this.#nodeAt(path);
    return node?.kind === "file" ? node : undefined;
  }

  #walk(names: readonly string[]): DiskNode | undefined {
    let node: DiskNode | undefined = this.#root;
    for (const name of names) node = node?.kind === "folder" ? node.live().get(name) : undefined;
    return node;
  }
}

export async function writeImage(image: DiskImage, path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of image) {
    if (bytes === undefined) await mkdir(join(path, name), { recursive: true, mode: 0o700 });
    else await writeFile(join(path, name), bytes, { mode: 0o600 });
  }
}

async function readFolder(path: string): Promise<DiskFolder> {
  const nodes = new Map<string, DiskNode>();
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    nodes.set(entry.name, entry.isDirectory() ? await readFolder(inner) : new DiskFile(await readFile(inner)));
  }
  return new DiskFolder(nodes);
}

/** Folders before what is in them. */
function imageOf<Content>(
  root: DiskFolder,
  namesIn: (folder: DiskFolder) => ReadonlyMap<string, DiskNode>,
  contentOf: (file: DiskFile) => Content,
): ReadonlyMap<string, Content | undefined> {
  const image = new Map<string, Content | undefined>();
  const collect = (folder: DiskFolder, prefix: string): void => {
    for (const [name, node] of namesIn(folder)) {
      const path = prefix + name;
      image.set(path, node.kind === "folder" ? undefined : contentOf(node));
      if (node.kind === "folder") collect(node, path + sep);
    }
  };
  collect(root, "");
  return image;
}

function namesChangedBy(call: DiskCall): readonly string[] {
  switch (call.kind) {
    case "create":
    case "makeDirectory":
    case "unlink":
      return [call.path];
    case "rename":
    case "link":
      return [call.from, call.to];
    case "write":
    case "copy":
    case "truncate":
    case "sync":
      return [];
  }
}
