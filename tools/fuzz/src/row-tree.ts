/** Where the cells of a row stand, read leniently: bytes that were mutated before have cells too, up to a point. */
const BYTES = 2;
const TEXT = 3;
export const LIST = 4;
const CELLS_MAX = 512;
const DEPTH_MAX = 64;

export interface RowCell {
  /** Of its first byte; the head goes up to `bodyAt`, the cell with everything in it up to `end`. */
  readonly start: number;
  readonly bodyAt: number;
  readonly end: number;
  readonly major: number;
  /** What the head says: a number, a length or a count. */
  readonly argument: number;
  /** The list that it is in. */
  readonly parent: RowCell | undefined;
}

/** Rows stand behind nothing, a version byte, or a length of four bytes. */
const ROW_OFFSETS = [0, 1, 4];

/** All cells that can be made out, from the offset at which most of them can. */
export function rowCells(bytes: Uint8Array): readonly RowCell[] {
  let best: readonly RowCell[] = [];
  for (const offset of ROW_OFFSETS) {
    if ((bytes[offset] ?? 0) >> 5 !== LIST) continue;
    const cells: RowCell[] = [];
    readCell(bytes, offset, undefined, 0, cells);
    if (cells.length > best.length) best = cells;
  }
  return best;
}

/** The offset behind the cell. Containers are added behind what they contain. */
function readCell(
  bytes: Uint8Array,
  start: number,
  parent: RowCell | undefined,
  depth: number,
  cells: RowCell[],
): number {
  const head = bytes[start];
  if (head === undefined || cells.length >= CELLS_MAX || depth > DEPTH_MAX) return bytes.byteLength;
  const major = head >> 5;
  const { argument, bodyAt } = readHead(bytes, start);
  const cell = { start, bodyAt, end: bodyAt, major, argument, parent };
  if (major === BYTES || major === TEXT) cell.end = Math.min(bytes.byteLength, bodyAt + argument);
  if (major === LIST) {
    for (let item = 0; item < argument && cell.end < bytes.byteLength && cells.length < CELLS_MAX; item += 1) {
      cell.end = readCell(bytes, cell.end, cell, depth + 1, cells);
    }
  }
  cells.push(cell);
  return cell.end;
}

function readHead(bytes: Uint8Array, start: number): { readonly argument: number; readonly bodyAt: number } {
  const additional = (bytes[start] ?? 0) & 31;
  if (additional < 24 || additional > 27) return { argument: additional < 24 ? additional : 0, bodyAt: start + 1 };
  const bodyAt = start + 1 + 2 ** (additional - 24);
  let argument = 0;
  for (const byte of bytes.subarray(start + 1, bodyAt)) argument = argument * 256 + byte;
  return { argument, bodyAt };
}

/** The head of a cell; longer than it need be when `argumentBytes` says so. */
export function rowHead(major: number, argument: number, argumentBytes = shortestArgument(argument)): Uint8Array {
  if (argumentBytes === 0) return Uint8Array.of((major << 5) | (argument & 31));
  const head = new Uint8Array(1 + argumentBytes);
  head[0] = (major << 5) | (24 + Math.log2(argumentBytes));
  let rest = Math.max(0, argument);
  for (let at = argumentBytes; at >= 1; at -= 1) {
    head[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return head;
}

function shortestArgument(argument: number): number {
  if (argument < 24) return 0;
  if (argument < 2 ** 8) return 1;
  if (argument < 2 ** 16) return 2;
  return argument < 2 ** 32 ? 4 : 8;
}
