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
