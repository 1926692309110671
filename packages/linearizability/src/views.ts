import { unknownOutput, type Model, type UnknownOutput } from "./model.ts";
import type { Operation } from "./operation.ts";
import { outputOf } from "./part-history.ts";

/** A history as far as it is about one thing alone. */
export interface HistoryView<Input, Output> {
  readonly name: string;
  readonly operations: readonly Operation<Input, Output>[];
  /** What was recorded, of each operation of the view. */
  readonly recorded: ReadonlyMap<Operation<Input, Output>, Operation<Input, Output>>;
  /** What an operation of the view would be in it if it had had no answer: the answer may tell what it did. */
  withoutAnswer(operation: Operation<Input, Output>): readonly Operation<Input, Output>[];
}

/** One view of each thing that the model can look at alone; none if that is the whole history. */
export function viewsOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): HistoryView<Input, Output>[] {
  const recordedByName = new Map<string, Map<Operation<Input, Output>, Operation<Input, Output>>>();
  for (const operation of operations) {
    for (const { name, input, output } of model.viewsOf?.(operation.input, outputOf(operation)) ?? []) {
      const recorded = recordedByName.get(name) ?? new Map<Operation<Input, Output>, Operation<Input, Output>>();
      recordedByName.set(name, recorded.set(withAnswer(operation, input, output), operation));
    }
  }
  if (recordedByName.size < 2) return [];
  return [...recordedByName].map(([name, recorded]) => ({
    name,
    operations: [...recorded.keys()],
    recorded,
    withoutAnswer: (operation) => {
      const views = model.viewsOf?.((recorded.get(operation) ?? operation).input, unknownOutput) ?? [];
      return views
        .filter((view) => view.name === name)
        .map(({ input }) => ({ ...operation, input, outcome: { kind: "unknown" } }));
    },
  }));
}

function withAnswer<Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  output: Output | UnknownOutput,
): Operation<Input, Output> {
  if (operation.outcome.kind === "unknown" || output === unknownOutput) {
    return { ...operation, input, outcome: { kind: "unknown" } };
  }
  return { ...operation, input, outcome: { ...operation.outcome, output } };
}
