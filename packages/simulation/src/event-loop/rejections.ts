/** While `work` goes on, hears of every promise that was rejected and that nobody awaits. */
export async function watchRejections<Value>(
  onRejection: (error: unknown) => void,
  work: () => Promise<Value>,
): Promise<Value> {
  process.on("unhandledRejection", onRejection);
  try {
    return await work();
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}
