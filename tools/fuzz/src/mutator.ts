/** Inputs that are almost those that came before. Knows bytes, and the heads of rows. */
import { LIST, rowCells, rowHead, type RowCell } from "./row-tree.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface MutatorOptions {
  readonly dictionary: readonly Uint8Array[];
  readonly bytesMax: number;
}

type Mutation = (bytes: Uint8Array, random: SeededRandom, other: Uint8Array) => Uint8Array;
type CellMutation = (cell: RowCell, ...rest: Parameters<Mutation>) => Uint8Array;

/** Half of all inputs are one step away from what is known: that is where one forgotten check shows. */
const STEPS_MAX = 5;
const CHUNK_BYTES_MAX = 16;
const NUMBERS = [0, 1, 23, 24, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53];
const ARGUMENT_BYTES = [1, 2, 4, 8] as const;

const BYTE_MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  flipBit,
  setByte,
  addToByte,
  insertChunk,
  removeChunk,
  duplicateChunk,
  truncate,
  append,
  splice,
  copyFromOther,
  writeNumber,
];
const ROW_MUTATIONS: readonly [CellMutation, ...CellMutation[]] = [
  changeArgument,
  padArgument,
  replaceCell,
  removeCell,
  duplicateCell,
  insertCell,
  wrapCell,
  changeHead,
];
export function mutated(
  base: Uint8Array,
  other: Uint8Array,
  random: SeededRandom,
  { dictionary, bytesMax }: MutatorOptions,
): Uint8Array {
  let bytes = base;
  for (let steps = random.isOneIn(2) ? 1 : 2 + random.below(STEPS_MAX); steps > 0; steps -= 1) {
    bytes = step(bytes, other, random, dictionary);
    if (bytes.byteLength > bytesMax) bytes = bytes.subarray(0, bytesMax);
  }
  // A copy of its own: nobody decodes a view of what others are made from.
  return Uint8Array.from(bytes);
}

function step(
  bytes: Uint8Array,
  other: Uint8Array,
  random: SeededRandom,
  dictionary: readonly Uint8Array[],
): Uint8Array {
  const cell = random.isOneIn(2) ? pickCell(bytes, random) : undefined;
  const [first, ...rest] = dictionary;
  if (first !== undefined && random.isOneIn(4)) {
    const word = random.pick([first, ...rest]);
    return cell === undefined ? insertWord(bytes, random, word) : replaced(bytes, cell.start, cell.end, word);
  }
  if (cell !== undefined) return random.pick(ROW_MUTATIONS)(cell, bytes, random, other);
  return random.pick(BYTE_MUTATIONS)(bytes, random, other);
}

function pickCell(bytes: Uint8Array, random: SeededRandom): RowCell | undefined {
  const cells = rowCells(bytes);
  return cells[random.below(cells.length)];
}

function replaced(bytes: Uint8Array, start: number, end: number, ...pieces: readonly Uint8Array[]): Uint8Array {
  return joined(bytes.subarray(0, start), ...pieces, bytes.subarray(end));
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

function changedAt(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (at < copy.byteLength) copy[at] = change(copy[at] ?? 0);
  return copy;
}

function flipBit(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const bit = 1 << random.below(8);
  return changedAt(bytes, random.below(bytes.byteLength), (byte) => byte ^ bit);
}

function setByte(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const value = random.isOneIn(2) ? random.below(256) : random.pick([0, 1, 0x7f, 0x80, 0xff, 0x20, 0x30, 0x2f]);
  return changedAt(bytes, random.below(bytes.byteLength), () => value);
}

function addToByte(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const amount = random.pick([1, -1, 2, -2, 16, -16, 32, -32]);
  return changedAt(bytes, random.below(bytes.byteLength), (byte) => byte + amount);
}

function chunkOf(bytes: Uint8Array, random: SeededRandom): readonly [number, number] {
  const start = random.below(bytes.byteLength);
  return [start, Math.min(bytes.byteLength, start + 1 + random.below(CHUNK_BYTES_MAX))];
}

function insertChunk(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.byteLength + 1);
  const byteLength = 1 + random.below(CHUNK_BYTES_MAX);
  const chunk = random.isOneIn(2) ? random.bytes(byteLength) : new Uint8Array(byteLength).fill(random.below(256));
  return replaced(bytes, at, at, chunk);
}

function insertWord(bytes: Uint8Array, random: SeededRandom, word: Uint8Array): Uint8Array {
  const [start, end] = chunkOf(bytes, random);
  return replaced(bytes, start, random.isOneIn(2) ? start : end, word);
}

function removeChunk(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return replaced(bytes, ...chunkOf(bytes, random));
}

function duplicateChunk(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const [start, end] = chunkOf(bytes, random);
  const copies = Array.from({ length: 1 + random.below(random.isOneIn(8) ? 64 : 3) }, () => bytes.subarray(start, end));
  return replaced(bytes, end, end, ...copies);
}

function truncate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return bytes.subarray(0, random.below(bytes.byteLength));
}

function append(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return replaced(bytes, bytes.byteLength, bytes.byteLength, random.bytes(1 + random.below(4)));
}

function splice(bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array {
  const at = random.below(bytes.byteLength + 1);
  const from = random.isOneIn(2) ? at : random.below(other.byteLength);
  return replaced(bytes, at, bytes.byteLength, other.subarray(from));
}

function copyFromOther(bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array {
  const [start, end] = chunkOf(other, random);
  const at = random.below(bytes.byteLength);
  return replaced(bytes, at, random.isOneIn(2) ? at : at + end - start, other.subarray(start, end));
}

/** Little-endian and big-endian, over what was there: lengths of formats that have no heads. */
function writeNumber(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const width = random.pick(ARGUMENT_BYTES);
  const number = rowHead(0, NUMBERS[random.below(NUMBERS.length)] ?? 0, width).subarray(1);
  const at = random.below(bytes.byteLength);
  return replaced(bytes, at, at + width, random.isOneIn(2) ? number : number.toReversed());
}

/** The same cell with another number, length or count, and everything behind it as it was. */
function changeArgument(cell: RowCell, bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const near = cell.argument + random.pick([1, -1, 2, 256]);
  const argument = random.isOneIn(2) ? near : (NUMBERS[random.below(NUMBERS.length)] ?? 0);
  return replaced(bytes, cell.start, cell.bodyAt, rowHead(cell.major, Math.max(0, argument)));
}

/** A second encoding of the same cell. */
function padArgument(cell: RowCell, bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return replaced(bytes, cell.start, cell.bodyAt, rowHead(cell.major, cell.argument, random.pick(ARGUMENT_BYTES)));
}

function replaceCell(cell: RowCell, bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array {
  return replaced(bytes, cell.start, cell.end, newCell(random, other));
}

function removeCell(cell: RowCell, bytes: Uint8Array): Uint8Array {
  return withCount(cell, -1, replaced(bytes, cell.start, cell.end));
}

function duplicateCell(cell: RowCell, bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copies = 1 + (random.isOneIn(8) ? random.below(64) : 0);
  const whole = Array.from({ length: copies }, () => bytes.subarray(cell.start, cell.end));
  return withCount(cell, copies, replaced(bytes, cell.end, cell.end, ...whole));
}

function insertCell(cell: RowCell, bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array {
  return withCount(cell, 1, replaced(bytes, cell.end, cell.end, newCell(random, other)));
}

function wrapCell(cell: RowCell, bytes: Uint8Array): Uint8Array {
  return replaced(bytes, cell.start, cell.start, rowHead(LIST, 1));
}

function changeHead(cell: RowCell, bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return changedAt(bytes, cell.start, (head) => (random.below(8) << 5) | (head & 31));
}

/** The list that the cell is in says how many cells it has: a list that lies is refused before anything else. */
function withCount({ parent }: RowCell, change: number, bytes: Uint8Array): Uint8Array {
  if (parent === undefined) return bytes;
  return replaced(bytes, parent.start, parent.bodyAt, rowHead(LIST, Math.max(0, parent.argument + change)));
}

function newCell(random: SeededRandom, other: Uint8Array): Uint8Array {
  const cells = rowCells(other);
  const theirs = cells[random.below(cells.length)];
  if (theirs !== undefined && random.isOneIn(2)) return other.subarray(theirs.start, theirs.end);
  const number = NUMBERS[random.below(NUMBERS.length)] ?? 0;
  const chunk = random.bytes(random.below(24));
  return random.pick<() => Uint8Array>([
    () => rowHead(0, number),
    () => rowHead(1, number),
    () => joined(rowHead(2, chunk.byteLength), chunk),
    () =>
      joined(
        rowHead(3, chunk.byteLength),
        chunk.map((byte) => 0x20 + (byte % 0x5f)),
      ),
    () => Uint8Array.of(random.pick([0x80, 0xf4, 0xf5, 0xf6, 0xf7, 0x60, 0x40, 0xa0, 0xc1, 0xff, 0xf9])),
    () => Uint8Array.of(0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0),
  ])();
}
