import type { CommandResult, KeyValueStateMachine, LogEntry } from "@aspenjs/api";

/** Cuts the entries into batches of these sizes, again and again. */
export async function applyInBatches(
  machine: KeyValueStateMachine,
  entries: readonly LogEntry[],
  batchSizes: readonly number[],
): Promise<(CommandResult | undefined)[]> {
  const results: (CommandResult | undefined)[] = [];
  for (let start = 0, batch = 0; start < entries.length; batch += 1) {
    const size = batchSizes[batch % batchSizes.length] ?? 1;
    const outcome = await machine.apply(entries.slice(start, start + size));
    if (outcome.kind === "fault") throw new Error(outcome.fault.message);
    results.push(...outcome.results);
    start += size;
  }
  return results;
}
