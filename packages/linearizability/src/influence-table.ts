import { at } from "./assert.ts";
import type { Model } from "./model.ts";
import { outputOf, type PartHistory } from "./part-history.ts";

/** Which operations without an answer may matter to which operation, by the model. Asked once each, when needed. */
export class InfluenceTable<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #history: PartHistory<Input, Output>;
  readonly #unanswered: readonly number[];
  readonly #influences = new Map<number, readonly number[]>();

  constructor(model: Model<State, Input, Output>, history: PartHistory<Input, Output>) {
    const { operations, answeredCount } = history;
    this.#model = model;
    this.#history = history;
    this.#unanswered = Array.from({ length: operations.length - answeredCount }, (_, index) => answeredCount + index);
  }

  /** Those that may matter to an operation, directly or by way of others, as far as they are at hand. */
  closure(target: number, isAtHand: (number: number) => boolean): ReadonlySet<number> {
    const found = new Set<number>();
    const open = [target];
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      for (const influence of this.#influencesOn(number)) {
        if (found.has(influence) || !isAtHand(influence)) continue;
        found.add(influence);
        open.push(influence);
      }
    }
    return found;
  }

  #influencesOn(number: number): readonly number[] {
    const { mayMatter } = this.#model;
    if (mayMatter === undefined) return this.#unanswered;
    const known = this.#influences.get(number);
    if (known !== undefined) return known;
    const { operations } = this.#history;
    const operation = at(operations, number);
    const output = outputOf(operation);
    const influences = this.#unanswered.filter((effect) => {
      return mayMatter.call(this.#model, at(operations, effect).input, operation.input, output);
    });
    this.#influences.set(number, influences);
    return influences;
  }
}
