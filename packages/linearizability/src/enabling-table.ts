import { at } from "./assert.ts";
import type { Model } from "./model.ts";
import type { OperationSet } from "./operation-set.ts";
import { outputOf, type PartHistory } from "./part-history.ts";

/**
 * For an answer that is false in the present state: which operations could make it true? Among those with an answer
 * only the ones that overlap it in time can, when it may come next: the earlier ones have their place, the later ones
 * come behind it. Asked of the model once each, when needed.
 */
export class EnablingTable<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #history: PartHistory<Input, Output>;
  readonly #enablers = new Map<number, readonly number[]>();
  /** The latest return of all operations up to this one: shows how far back an overlap may begin. */
  readonly #latestReturns: Int32Array;
  #questionCount = 0;

  constructor(model: Model<State, Input, Output>, history: PartHistory<Input, Output>) {
    this.#model = model;
    this.#history = history;
    let latest = -1;
    this.#latestReturns = history.returnRanks.map((rank) => {
      latest = Math.max(latest, rank);
      return latest;
    });
  }

  get questionCount(): number {
    return this.#questionCount;
  }

  /** Is there an operation with an answer, other than those placed, that may make this one's answer true? */
  mayBeEnabled(number: number, placed: OperationSet): boolean {
    if (this.#model.mayMatter === undefined) return true;
    return this.#enablersOf(number).some((enabler) => !placed.has(enabler));
  }

  #enablersOf(number: number): readonly number[] {
    const known = this.#enablers.get(number);
    if (known !== undefined) return known;
    const enablers = this.#overlapping(number).filter((other) => this.#mayMatter(other, number));
    this.#enablers.set(number, enablers);
    return enablers;
  }

  #overlapping(number: number): number[] {
    const { answeredCount, callRanks, returnRanks } = this.#history;
    const overlapping: number[] = [];
    for (let before = number - 1; before >= 0 && at(this.#latestReturns, before) > at(callRanks, number); before -= 1) {
      if (at(returnRanks, before) > at(callRanks, number)) overlapping.push(before);
    }
    for (let after = number + 1; after < answeredCount && at(callRanks, after) < at(returnRanks, number); after += 1) {
      overlapping.push(after);
    }
    return overlapping;
  }

  #mayMatter(effect: number, number: number): boolean {
    this.#questionCount += 1;
    const { operations } = this.#history;
    const operation = at(operations, number);
    return this.#model.mayMatter?.(at(operations, effect).input, operation.input, outputOf(operation)) !== false;
  }
}
