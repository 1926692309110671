import { at } from "./assert.ts";
import { refused, type Model } from "./model.ts";
import { endOf, type Operation } from "./operation.ts";
import { outputOf, type PartHistory } from "./part-history.ts";

/** Where more than this may be the cause, to be one of them tells nothing. */
const TELLING_SHARE_MAX = 1 / 4;

/**
 * The operations with an answer in the order in which they are likely to be what contradicts each other. First those
 * whose answers were false where the search got stuck. Then, by turns: those that may have made these answers true,
 * and others that bear witness of the same; and the latest ones before, on the same parts of the
 * object first. Only a guess:
 * what is reported does not depend on it, how soon it is found does.
 */
export function byRelevance<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: PartHistory<Input, Output>,
  lastReturn: number,
  stuck: readonly number[],
  state: State,
): Operation<Input, Output>[] {
  const end = endOf(at(history.operations, lastReturn));
  const answered = history.operations.slice(0, history.answeredCount).filter((operation) => endOf(operation) <= end);
  const suspects = stuck
    .map((number) => at(history.operations, number))
    .filter((operation) => {
      return endOf(operation) <= end && model.step(state, operation.input, outputOf(operation)) === refused;
    });
  const mattering = history.operations.filter((cause) => suspects.some((suspect) => mayMatter(model, cause, suspect)));
  const causes = mattering.length < TELLING_SHARE_MAX * history.operations.length ? mattering : [];
  const related = answered.filter((operation) => {
    return causes.includes(operation) || causes.some((cause) => mayMatter(model, cause, operation));
  });
  const names = new Set(suspects.flatMap(({ input }) => model.partsOf?.(input) ?? []));
  const isNear = ({ input }: Operation<Input, Output>): boolean => {
    return model.partsOf === undefined || model.partsOf(input).some((name) => names.has(name));
  };
  const start = suspects.reduce((time, { invokedAt }) => Math.max(time, invokedAt), -Infinity);
  const isBefore = (operation: Operation<Input, Output>): number => (endOf(operation) < start ? 0 : 1);
  const latest = answered.toSorted((left, right) => isBefore(left) - isBefore(right) || endOf(right) - endOf(left));
  const nearFirst = [...latest.filter(isNear), ...latest.filter((operation) => !isNear(operation))];
  const causesFirst = related.toSorted((left, right) => Number(causes.includes(right)) - Number(causes.includes(left)));
  return [...new Set([...suspects, ...alternating(causesFirst, nearFirst)])];
}

function mayMatter<State, Input, Output>(
  model: Model<State, Input, Output>,
  effect: Operation<Input, Output>,
  operation: Operation<Input, Output>,
): boolean {
  return model.mayMatter?.(effect.input, operation.input, outputOf(operation)) === true;
}

function alternating<Item>(left: readonly Item[], right: readonly Item[]): Item[] {
  const items: Item[] = [];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    items.push(...left.slice(index, index + 1), ...right.slice(index, index + 1));
  }
  return items;
}
