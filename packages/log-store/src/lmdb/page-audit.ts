/**
 * Checks the structure of an LMDB file without LMDB: a damaged branch, or a list of free pages that names a page in
 * use, would make it crash, or write over live rows, long after the file was opened. What rows *say* is the hash
 * chain's business.
 *
 * Invariants of a sound file:
 *   P1  Every page of a tree lies in the file, carries its own number, is of the kind its place demands, and belongs
 *       to one place only.
 *   P2  Every node lies within its page; keys have eight bytes and ascend.
 *   P3  No free page is in use, or free twice.
 */
import {
  damaged,
  PAGE_BRANCH,
  PAGE_HEAD_BYTES,
  PAGE_LEAF,
  PAGE_OVERFLOW,
  PageFile,
  readCount,
  type TreeRoot,
} from "./page-file.ts";

const KEY_BYTES = 8;
const NODE_HEAD_BYTES = 8;
const NODE_BIG = 0x01;
const DEPTH_MAX = 32;

interface Node {
  readonly key: Buffer;
  /** Of a branch: the page below. */
  readonly childPage: number;
  /** Of a leaf: the value, or where it lies when it fills pages of its own. */
  readonly value: { readonly at: number; readonly byteLength: number; readonly isBig: boolean };
}

interface Tree {
  readonly name: string;
  readonly root: TreeRoot;
  compareKeys(left: Buffer, right: Buffer): number;
  onRow(key: Buffer, value: () => DataView): void;
}

/**
 * The caller holds a read transaction, so that no page of the newest snapshot is written meanwhile.
 * @throws PageDamage
 */
export function auditPages(path: string): void {
  const file = new PageFile(path);
  try {
    new PageAudit(file).run();
  } finally {
    file.close();
  }
}

class PageAudit {
  readonly #file: PageFile;
  readonly #taken = new Set<number>();
  readonly #freeRecords: DataView[] = [];

  constructor(file: PageFile) {
    this.#file = file;
  }

  run(): void {
    const { freeTree, mainTree } = this.#file.meta;
    this.#auditTree({
      name: "rows",
      root: mainTree,
      compareKeys: (left, right) => Buffer.compare(left, right),
      onRow: () => {},
    });
    this.#auditTree({
      name: "free pages",
      root: freeTree,
      // Transaction numbers, as the machine stores them.
      compareKeys: (left, right) => Number(left.readBigUInt64LE() - right.readBigUInt64LE()),
      onRow: (_key, value) => void this.#freeRecords.push(value()),
    });
    for (const record of this.#freeRecords) this.#auditFreeRecord(record);
  }

  #take(page: number, why: string): void {
    if (page < 2 || page > this.#file.meta.lastPage) damaged(`${why} page ${page} is beyond the end`);
    if (this.#taken.has(page)) damaged(`${why} page ${page} is in use elsewhere`);
    this.#taken.add(page);
  }

  #auditTree(tree: Tree): void {
    const { root } = tree;
    if (root.rootPage === undefined) {
      if (root.entryCount !== 0) damaged(`the tree of ${tree.name} has ${root.entryCount} rows, but no page`);
      return;
    }
    if (root.depth < 1 || root.depth > DEPTH_MAX) damaged(`the tree of ${tree.name} is ${root.depth} pages deep`);
    let rowCount = 0;
    let previous: Buffer | undefined;
    const visit = (number: number, level: number): void => {
      this.#take(number, tree.name);
      const page = this.#file.page(number);
      const isLeaf = level === root.depth;
      const kind = isLeaf ? PAGE_LEAF : PAGE_BRANCH;
      if (page.getUint16(18, true) !== kind) damaged(`page ${number} is not a ${isLeaf ? "leaf" : "branch"}`);
      for (const node of nodesOf(page, number, isLeaf)) {
        if (!isLeaf) {
          visit(node.childPage, level + 1);
          continue;
        }
        const isAscending = previous === undefined || tree.compareKeys(previous, node.key) < 0;
        if (!isAscending) damaged(`page ${number}: keys descend`);
        previous = node.key;
        rowCount += 1;
        const { value } = node;
        if (value.isBig) this.#takeOverflow(page, value.at, value.byteLength);
        tree.onRow(node.key, () => this.#valueOf(page, value));
      }
    };
    visit(root.rootPage, 1);
    if (rowCount !== root.entryCount) damaged(`${rowCount} ${tree.name} where ${root.entryCount} must be`);
  }

  #valueOf(page: DataView, value: Node["value"]): DataView {
    if (!value.isBig) return new DataView(page.buffer, page.byteOffset + value.at, value.byteLength);
    const first = readCount(page, value.at, "an overflow page");
    return this.#file.read(first * this.#file.meta.pageBytes + PAGE_HEAD_BYTES, value.byteLength);
  }

  #takeOverflow(page: DataView, at: number, byteLength: number): void {
    const first = readCount(page, at, "an overflow page");
    const head = this.#file.page(first);
    if (head.getUint16(18, true) !== PAGE_OVERFLOW) damaged(`page ${first} is not an overflow page`);
    const pageCount = head.getUint32(20, true);
    // A value that was put twice in one transaction may have kept the pages of a larger one.
    const isEnough = pageCount * this.#file.meta.pageBytes >= PAGE_HEAD_BYTES + byteLength;
    if (!isEnough) damaged(`the value at page ${first} does not fit its pages`);
    this.#file.requireBytes((first + pageCount) * this.#file.meta.pageBytes);
    for (let offset = 0; offset < pageCount; offset += 1) this.#take(first + offset, "overflow");
  }

  /** A count, then page numbers; a negative number is the length of the block that starts at the next one. */
  #auditFreeRecord(record: DataView): void {
    const slots = record.byteLength / 8 - 1;
    if (!Number.isInteger(slots) || slots < 0) damaged(`a record of free pages has ${record.byteLength} bytes`);
    const count = readCount(record, 0, "the number of free pages");
    if (count > slots) damaged(`a record of free pages counts ${count}, but holds ${slots}`);
    let blockLength = 1;
    for (let slot = 1; slot <= count; slot += 1) {
      const value = Number(record.getBigInt64(8 * slot, true));
      if (value < 0) {
        if (-value > this.#file.meta.lastPage) damaged(`a free block has ${-value} pages`);
        blockLength = -value;
        continue;
      }
      if (value > 0) for (let offset = 0; offset < blockLength; offset += 1) this.#take(value + offset, "free");
      blockLength = 1;
    }
  }
}

function* nodesOf(page: DataView, number: number, isLeaf: boolean): Generator<Node> {
  const lower = page.getUint16(20, true);
  const nodeCount = lower >> 1;
  const pointersEnd = PAGE_HEAD_BYTES + lower;
  const isFilled = nodeCount >= 1 && lower % 2 === 0 && pointersEnd <= page.byteLength;
  if (!isFilled) damaged(`page ${number} has ${lower} bytes of nodes`);
  for (let position = 0; position < nodeCount; position += 1) {
    const at = PAGE_HEAD_BYTES + page.getUint16(PAGE_HEAD_BYTES + 2 * position, true);
    const isInside = at >= pointersEnd && at + NODE_HEAD_BYTES <= page.byteLength;
    if (!isInside) damaged(`page ${number}: node ${position} is outside`);
    const low = page.getUint32(at, true);
    const flags = page.getUint16(at + 4, true);
    const keyBytes = page.getUint16(at + 6, true);
    // The first key of a branch stands for everything below the second, and may be left out.
    const isKey = keyBytes === KEY_BYTES || (keyBytes === 0 && !isLeaf && position === 0);
    const isBig = isLeaf && flags === NODE_BIG;
    if (!isKey || (isLeaf && flags !== 0 && !isBig)) damaged(`page ${number}: node ${position} is malformed`);
    const valueAt = at + NODE_HEAD_BYTES + keyBytes;
    const inPageBytes = isBig ? KEY_BYTES : isLeaf ? low : 0;
    if (valueAt + inPageBytes > page.byteLength) damaged(`page ${number}: node ${position} runs over the end`);
    yield {
      key: Buffer.from(page.buffer, page.byteOffset + at + NODE_HEAD_BYTES, keyBytes),
      childPage: isLeaf ? 0 : low + flags * 0x1_0000_0000,
      value: { at: valueAt, byteLength: isLeaf ? low : 0, isBig },
    };
  }
}
