/** Inputs as large as the frame allows and one byte larger: what a random search would not come to. */
import { LIST, rowHead } from "./row-tree.ts";

/** Cells that cost much for their bytes, and what texts and JSON repeat: each fills a frame. */
const FILLINGS: readonly (readonly number[])[] = [
  [0x80],
  [0x60],
  [0x00],
  [0x81],
  [0xf6],
  [0x41, 0x00],
  [0x81, 0x00],
  [0x1b, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x63, 0xef, 0xbf, 0xbd],
  [0x67, ...Buffer.from("abc\u00e9de")],
  [...Buffer.from("a")],
  [...Buffer.from("0")],
  [...Buffer.from("[]")],
  [...Buffer.from("[],")],
  [...Buffer.from("/a")],
  [...Buffer.from(" ")],
];

/** One by one: each may be as large as the frame. The seed lends its first bytes, so that some get beyond a head. */
export function* extremes(frameBytesMax: number, seed: Uint8Array): Generator<Uint8Array, undefined, void> {
  for (const filling of FILLINGS) {
    const whole = filled(filling, frameBytesMax);
    yield whole;
    yield listOf(filling, frameBytesMax);
    const behindSeed = Uint8Array.from(whole);
    behindSeed.set(seed.subarray(0, Math.min(seed.byteLength >> 1, frameBytesMax)));
    yield behindSeed;
  }
  yield filled([0], frameBytesMax + 1);
  return undefined;
}

function filled(filling: readonly number[], byteLength: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(byteLength, Uint8Array.from(filling)));
}

/** A row that is sound: a list of so many cells. */
function listOf(filling: readonly number[], frameBytesMax: number): Uint8Array {
  const count = Math.max(0, Math.floor((frameBytesMax - 9) / filling.length));
  return new Uint8Array(Buffer.concat([rowHead(LIST, count), filled(filling, count * filling.length)]));
}
