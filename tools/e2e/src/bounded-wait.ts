import { AspenError } from "@aspenjs/api";

const POLL_MS = 20;

/** What the promise brings, or an error that says what was waited for. */
export async function within<Value>(ms: number, what: string, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, patience]);
  } finally {
    clearTimeout(timer);
  }
}

/** For a condition that no event announces. */
export async function eventually(ms: number, what: string, isTrue: () => boolean): Promise<void> {
  const endMs = performance.now() + ms;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Again while the cluster says that it is not ready for the call yet, as when another change is not finished. */
export async function onceReady<Value>(ms: number, call: () => Promise<Value>): Promise<Value> {
  const endMs = performance.now() + ms;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isForNow = AspenError.isCode(error, "conflict") && error.retryable;
      if (!isForNow || performance.now() > endMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
