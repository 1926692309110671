/**
 * The pages of an LMDB file, as far as auditing them needs: format version 2 of LMDB 1.0, little-endian, which is what
 * the pinned `lmdb` writes. Nothing here trusts a number that it has read.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/** What is wrong with the file. */
class PageDamage extends Error {
  override readonly name = "PageDamage";
}

export const PAGE_HEAD_BYTES = 24;
export const PAGE_BRANCH = 0x01;
export const PAGE_LEAF = 0x02;
export const PAGE_OVERFLOW = 0x04;

const PAGE_BYTES_MIN = 256;
const PAGE_BYTES_MAX = 65_536;
const META_MAGIC = 0xbeef_c0de;
const META_VERSION = 2;
const META_TREES_AT = 24;
const TREE_BYTES = 48;
const META_BYTES = META_TREES_AT + 2 * TREE_BYTES + 16;
const META_READS_MAX = 1_000;
/** Pages that a transaction took and gave back before they reached the file. Far beyond what one of ours takes. */
const UNWRITTEN_BYTES_MAX = 128 * 1_048_576;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;

export interface TreeRoot {
  readonly depth: number;
  readonly entryCount: number;
  /** `undefined` when the tree is empty. */
  readonly rootPage: number | undefined;
}

export interface MetaPage {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: number;
  readonly freeTree: TreeRoot;
  readonly mainTree: TreeRoot;
}

export function damaged(problem: string): never {
  throw new PageDamage(problem);
}

/** A number of 64 bits that must be small enough to be one of ours. */
export function readCount(view: DataView, at: number, what: string): number {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : damaged(`${what} is ${value}`);
}

export class PageFile {
  readonly #descriptor: number;
  #fileBytes = 0;
  readonly meta: MetaPage;

  constructor(file: string) {
    this.#descriptor = openSync(file, "r");
    try {
      this.meta = this.#soundMeta();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** A whole page; its number stands in its head. */
  page(number: number): DataView {
    const { pageBytes, lastPage, transaction } = this.meta;
    if (number < 2 || number > lastPage) damaged(`page ${number} is not in 2..${lastPage}`);
    const page = this.read(number * pageBytes, pageBytes);
    if (page.getBigUint64(0, true) !== BigInt(number)) damaged(`page ${number} carries another number`);
    // LMDB takes a page of a later transaction for one of its own and writes into it, where it may only read.
    if (page.getBigUint64(8, true) > BigInt(transaction)) damaged(`page ${number} comes from a later transaction`);
    return page;
  }

  read(at: number, byteLength: number): DataView {
    this.requireBytes(at + byteLength);
    const bytes = Buffer.allocUnsafe(byteLength);
    const readBytes = readSync(this.#descriptor, bytes, 0, byteLength, at);
    if (readBytes !== byteLength) damaged(`the file ends at ${at + readBytes}, before ${at + byteLength}`);
    return new DataView(bytes.buffer, bytes.byteOffset, byteLength);
  }

  /** The file reaches so far, as its owner has written it by now: known before memory is taken for what is in it. */
  requireBytes(end: number): void {
    if (end > this.#fileBytes) this.#fileBytes = fstatSync(this.#descriptor).size;
    if (end > this.#fileBytes) damaged(`the file ends at ${this.#fileBytes}, before ${end}`);
  }

  #soundMeta(): MetaPage {
    const meta = this.#newestMeta();
    // Only so many pages can be free that were never written: every later number is no page.
    this.requireBytes((meta.lastPage + 1) * meta.pageBytes - UNWRITTEN_BYTES_MAX);
    return meta;
  }

  /** LMDB goes on from the one with the larger transaction number. The owner may be writing one just now. */
  #newestMeta(): MetaPage {
    for (let attempt = 1; ; attempt += 1) {
      const before = this.#metaPages();
      if (isDeepStrictEqual(before, this.#metaPages())) return newest(before);
      if (attempt === META_READS_MAX) damaged("the meta pages never come to rest");
    }
  }

  #metaPages(): readonly [MetaPage, MetaPage] {
    const first = parseMeta(this.read(PAGE_HEAD_BYTES, META_BYTES), 0);
    return [first, parseMeta(this.read(first.pageBytes + PAGE_HEAD_BYTES, META_BYTES), 1)];
  }
}

function newest([first, second]: readonly [MetaPage, MetaPage]): MetaPage {
  if (first.pageBytes !== second.pageBytes) damaged("the two meta pages disagree about the page size");
  return first.transaction >= second.transaction ? first : second;
}

function parseMeta(view: DataView, which: number): MetaPage {
  if (view.getUint32(0, true) !== META_MAGIC) damaged(`meta page ${which} is not one`);
  if (view.getUint32(4, true) !== META_VERSION) damaged(`meta page ${which} has version ${view.getUint32(4, true)}`);
  const pageBytes = view.getUint32(META_TREES_AT, true);
  const isPageSize = pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX && (pageBytes & (pageBytes - 1)) === 0;
  if (!isPageSize) damaged(`meta page ${which} names a page size of ${pageBytes}`);
  const treesEnd = META_TREES_AT + 2 * TREE_BYTES;
  return {
    pageBytes,
    lastPage: readCount(view, treesEnd, "the last page"),
    transaction: readCount(view, treesEnd + 8, "the transaction number"),
    freeTree: parseTree(view, META_TREES_AT),
    mainTree: parseTree(view, META_TREES_AT + TREE_BYTES),
  };
}

function parseTree(view: DataView, at: number): TreeRoot {
  const isEmpty = view.getBigUint64(at + 40, true) === NO_ROOT;
  return {
    depth: view.getUint16(at + 6, true),
    entryCount: readCount(view, at + 32, "the number of rows"),
    rootPage: isEmpty ? undefined : readCount(view, at + 40, "the root page"),
  };
}
