import { assert, at } from "./assert.ts";
import type { Model } from "./model.ts";
import { OperationSet } from "./operation-set.ts";
import { outputOf, type PartHistory } from "./part-history.ts";

/** Operations without an answer that do the same, by their calls. Those of a family are used in this order. */
interface Family {
  readonly members: readonly number[];
  usedCount: number;
}

/** What has been used of the operations without an answer, and which of them may be of use. */
export class UnansweredPool<State, Input, Output> {
  readonly used: OperationSet;
  readonly #model: Model<State, Input, Output>;
  readonly #history: PartHistory<Input, Output>;
  readonly #families: readonly Family[];
  readonly #familyOf = new Map<number, Family>();
  readonly #influences = new Map<number, readonly Family[]>();
  #questionCount = 0;

  constructor(model: Model<State, Input, Output>, history: PartHistory<Input, Output>) {
    const { operations, answeredCount } = history;
    this.#model = model;
    this.#history = history;
    this.used = new OperationSet(operations.length - answeredCount);
    const numbers = operations.map((_, number) => number).slice(answeredCount);
    const byKey = Map.groupBy(numbers, (number) => model.inputKey?.(at(operations, number).input) ?? number);
    this.#families = [...byKey.values()].map((members) => ({ members, usedCount: 0 }));
    for (const family of this.#families) for (const number of family.members) this.#familyOf.set(number, family);
  }

  /** How often the model was asked what may matter. */
  get questionCount(): number {
    return this.#questionCount;
  }

  use(number: number): void {
    this.used.toggle(number - this.#history.answeredCount);
    this.#family(number).usedCount += 1;
  }

  giveBack(number: number): void {
    this.used.toggle(number - this.#history.answeredCount);
    this.#family(number).usedCount -= 1;
  }

  /**
   * Those called before a rank that, together with the whole run before them, may matter to one and the same of the
   * targets, directly or by way of each other; of those that do the same, only the first.
   */
  useful(targets: readonly number[], callRankMax: number, run: readonly number[]): readonly number[] {
    if (this.#families.length === 0) return [];
    const inRun = new Set(run.map((number) => this.#family(number)));
    const found = new Set<number>();
    for (const target of targets) {
      const families = this.#closure(
        target,
        (family) => inRun.has(family) || this.#nextOf(family, callRankMax) !== undefined,
      );
      if (![...inRun].every((family) => families.has(family))) continue;
      for (const family of families) {
        const next = this.#nextOf(family, callRankMax);
        if (next !== undefined) found.add(next);
      }
    }
    return [...found].toSorted((left, right) => left - right);
  }

  /** Is there one left, called before a rank, that may matter to an operation? */
  hasInfluenceOn(number: number, callRankMax: number): boolean {
    return this.#influencesOn(number).some((family) => this.#nextOf(family, callRankMax) !== undefined);
  }

  #nextOf({ members, usedCount }: Family, callRankMax: number): number | undefined {
    const next = members[usedCount];
    return next !== undefined && at(this.#history.callRanks, next) <= callRankMax ? next : undefined;
  }

  #closure(target: number, isAtHand: (family: Family) => boolean): ReadonlySet<Family> {
    const found = new Set<Family>();
    const open = [target];
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      for (const family of this.#influencesOn(number)) {
        if (found.has(family) || !isAtHand(family)) continue;
        found.add(family);
        open.push(at(family.members, 0));
      }
    }
    return found;
  }

  #influencesOn(number: number): readonly Family[] {
    if (this.#model.mayMatter === undefined) return this.#families;
    const known = this.#influences.get(number);
    if (known !== undefined) return known;
    const influences = this.#families.filter(({ members }) => this.#mayMatter(at(members, 0), number));
    this.#influences.set(number, influences);
    return influences;
  }

  #mayMatter(effect: number, number: number): boolean {
    this.#questionCount += 1;
    const { operations } = this.#history;
    const operation = at(operations, number);
    return this.#model.mayMatter?.(at(operations, effect).input, operation.input, outputOf(operation)) !== false;
  }

  #family(number: number): Family {
    const family = this.#familyOf.get(number);
    assert(family !== undefined, "an operation without an answer");
    return family;
  }
}
