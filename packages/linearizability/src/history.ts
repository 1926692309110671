import { HistoryError } from "./history-error.ts";
import type { Operation } from "./operation.ts";

/** Throws `HistoryError` for a history that cannot have been recorded. */
export function checkHistory(
  operations: readonly Operation<unknown, unknown>[],
  areProcessesSequential: boolean,
): void {
  for (const [index, operation] of operations.entries()) checkTimes(operation, index);
  if (areProcessesSequential) checkProcesses(operations);
}

function checkTimes({ processId, invokedAt, outcome }: Operation<unknown, unknown>, index: number): void {
  const name = `operation ${index} (process ${processId})`;
  if (!Number.isFinite(invokedAt)) throw new HistoryError(`${name} was invoked at ${invokedAt}, which is no time`);
  if (outcome.kind === "unknown") return;
  if (!Number.isFinite(outcome.returnedAt)) {
    throw new HistoryError(`${name} returned at ${outcome.returnedAt}; if nobody knows, its outcome is unknown`);
  }
  if (outcome.returnedAt < invokedAt) {
    throw new HistoryError(`${name} returned at ${outcome.returnedAt}, before it was invoked at ${invokedAt}`);
  }
}

/** A process may go on after a call without an answer: it gave up waiting, and the call is still on its way. */
function checkProcesses(operations: readonly Operation<unknown, unknown>[]): void {
  const indexes = [...operations.keys()].toSorted(
    (left, right) => invokedAt(operations, left) - invokedAt(operations, right),
  );
  const ends = new Map<number | string, { readonly index: number; readonly returnedAt: number }>();
  for (const index of indexes) {
    const operation = operations[index];
    if (operation === undefined) continue;
    const { processId, outcome } = operation;
    const last = ends.get(processId);
    if (last !== undefined && operation.invokedAt < last.returnedAt) {
      throw new HistoryError(
        `process ${processId} invoked operation ${index} at ${operation.invokedAt}, ` +
          `before operation ${last.index} had returned at ${last.returnedAt}`,
      );
    }
    if (outcome.kind === "returned") ends.set(processId, { index, returnedAt: outcome.returnedAt });
  }
}

function invokedAt(operations: readonly Operation<unknown, unknown>[], index: number): number {
  return operations[index]?.invokedAt ?? 0;
}
