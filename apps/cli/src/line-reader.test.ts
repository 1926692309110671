import fc from "fast-check";
import { expect, test } from "vitest";
import { collected, textBytes } from "../test/memory-host.ts";
import { readLines, untilAborted } from "./line-reader.ts";

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    yield bytes.subarray(start, start + size);
    start += size;
  }
  yield bytes.subarray(start);
}

async function linesOf(text: string, sizes: readonly number[] = [], lineBytesMax = 1_000) {
  const lines = await collected(readLines(chunked(textBytes(text), sizes), lineBytesMax));
  return lines.map((line) =>
    line.kind === "line"
      ? { number: line.number, text: Buffer.from(line.bytes).toString(), endOffset: line.endOffset }
      : { number: line.number, text: "(overlong)" },
  );
}

test("lines are the same however the source is cut into chunks", async () => {
  const texts = fc
    .array(fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r"), maxLength: 8 }))
    .map((parts) => parts.join("\n"));
  const sizes = fc.array(fc.nat({ max: 5 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(texts, sizes, async (text, cuts) => {
      const parts = text.split("\n");
      const expected = parts.at(-1) === "" ? parts.slice(0, -1) : parts;
      const lines = await linesOf(text, cuts);
      expect(lines.map((line) => line.text)).toEqual(expected);
      expect(lines.map((line) => line.number)).toEqual(expected.map((_, position) => position + 1));
      expect(lines.at(-1)?.endOffset ?? 0).toBe(textBytes(text).byteLength);
    }),
  );
});

test("a line that is too long ends the reading, wherever its bytes are cut", async () => {
  for (const sizes of [[], [2], [3, 3], [1, 1, 1, 1, 1, 1, 1, 1]]) {
    expect(await linesOf("ab\nabcdef\nx\n", sizes, 5)).toEqual([
      { number: 1, text: "ab", endOffset: 3 },
      { number: 2, text: "(overlong)" },
    ]);
  }
  expect(await linesOf("abcdef", [], 5)).toEqual([{ number: 1, text: "(overlong)" }]);
});

test("an abort ends the items although the next one never comes", async () => {
  const aborting = new AbortController();
  async function* endless(): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => {});
  }
  const seen: number[] = [];
  for await (const item of untilAborted(endless(), aborting.signal)) {
    seen.push(item);
    aborting.abort();
  }
  expect(seen).toEqual([1]);
});
