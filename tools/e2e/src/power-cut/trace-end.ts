import { open, stat } from "node:fs/promises";

const TRACE_TAIL_BYTES = 4_096;
const TRACE_MS_MAX = 60_000;
const POLL_MS = 20;

/** The tracer writes on for a moment; the end of the process itself is what it writes last. */
export async function traceEnd(traceFile: string, pid: number): Promise<void> {
  const last = new RegExp(`^${pid} .*\\+\\+\\+ (killed|exited) `, "m");
  const endMs = performance.now() + TRACE_MS_MAX;
  while (!last.test(await tailOf(traceFile))) {
    if (performance.now() > endMs) throw new Error(`the trace ${traceFile} does not end`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function tailOf(file: string): Promise<string> {
  const { size } = await stat(file);
  const handle = await open(file, "r");
  try {
    const length = Math.min(size, TRACE_TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  } finally {
    await handle.close();
  }
}
