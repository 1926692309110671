import { isSpared, type CutMercy, type DiskFile } from "./disk-file.ts";

export type DiskNode = DiskFile | DiskFolder;

type NameChange = { readonly endedMicros: number } & (
  | { readonly kind: "link"; readonly name: string; readonly node: DiskNode }
  | { readonly kind: "unlink"; readonly name: string }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
);

/** The names in a folder: the durable ones, and in their order the changes that are not. */
export class DiskFolder {
  readonly kind = "folder";
  readonly #durable: Map<string, DiskNode>;
  readonly #live: Map<string, DiskNode>;
  #pending: readonly NameChange[] = [];

  constructor(durable: ReadonlyMap<string, DiskNode> = new Map()) {
    this.#durable = new Map(durable);
    this.#live = new Map(durable);
  }

  change(change: NameChange): void {
    apply(this.#live, change);
    this.#pending = [...this.#pending, change];
  }

  /** Whatever had returned when the sync began is durable now. */
  sync(startedMicros: number): void {
    for (const change of this.#pending) if (change.endedMicros <= startedMicros) apply(this.#durable, change);
    this.#pending = this.#pending.filter((change) => change.endedMicros > startedMicros);
  }

  /** As every process sees it now. */
  live(): ReadonlyMap<string, DiskNode> {
    return this.#live;
  }

  /** File systems keep the changes of a folder in order: the first few are there. */
  afterCut(mercy: CutMercy): ReadonlyMap<string, DiskNode> {
    const names = new Map(this.#durable);
    for (const change of this.#pending) {
      if (!isSpared(mercy)) break;
      apply(names, change);
    }
    return names;
  }
}

function apply(names: Map<string, DiskNode>, change: NameChange): void {
  switch (change.kind) {
    case "link":
      names.set(change.name, change.node);
      return;
    case "unlink":
      names.delete(change.name);
      return;
    case "rename": {
      const node = names.get(change.name);
      if (node === undefined) return;
      names.delete(change.name);
      names.set(change.to, node);
    }
  }
}
