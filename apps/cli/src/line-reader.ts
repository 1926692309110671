export interface Line {
  readonly kind: "line";
  /** From 1. */
  readonly number: number;
  /** Without the line feed. */
  readonly bytes: Uint8Array;
  /** Bytes of the source up to the end of this line. */
  readonly endOffset: number;
}

/** A line that is longer than may be kept. Reading ends with it. */
export interface OverlongLine {
  readonly kind: "overlong";
  readonly number: number;
}

const LINE_FEED = 0x0a;

/**
 * Lines of a stream of chunks, with the memory of one line and one chunk. A last line without a line feed counts; what
 * follows the last line feed does not when it is empty.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Line | OverlongLine, void, void> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let number = 1;
  let endOffset = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const tail = chunk.subarray(start, end);
      if (pendingBytes + tail.byteLength > lineBytesMax) return yield { kind: "overlong", number };
      const bytes = pendingBytes === 0 ? tail : Buffer.concat([...pending, tail]);
      endOffset += bytes.byteLength + 1;
      yield { kind: "line", number, bytes, endOffset };
      [pending, pendingBytes, number, start] = [[], 0, number + 1, end + 1];
    }
    const rest = chunk.subarray(start);
    pendingBytes += rest.byteLength;
    if (pendingBytes > lineBytesMax) return yield { kind: "overlong", number };
    if (rest.byteLength > 0) pending.push(rest);
  }
  if (pendingBytes === 0) return;
  yield { kind: "line", number, bytes: Buffer.concat(pending), endOffset: endOffset + pendingBytes };
}

/** The items up to the abort; one that is awaited at that moment is given up. */
export async function* untilAborted<Item>(
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void, void> {
  const aborted = Promise.withResolvers<"aborted">();
  const onAbort = (): void => aborted.resolve("aborted");
  if (signal.aborted) return;
  signal.addEventListener("abort", onAbort, { once: true });
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next === "aborted" || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
