/**
 * Is there an order? A depth-first search over the operations that may come next (Wing and Gong 1993), which remembers
 * where it has been (Lowe 2017). Invariants that keep it right where it leaves branches out:
 *
 * S1  A read (`Model.isRead`) that is true and leaves the state as it is gets its place at once: whatever goes on from
 *     here without it also goes on after it, so no other branch is tried.
 * S2  An operation without an answer has no latest time. In the run of such operations right before another one each
 *     must matter to it: if leaving it out leads to the same state, or moving it behind does, the branch is left out,
 *     because the other one is tried as well. Hence nobody's unseen write is placed unless something shows it.
 * S3  A run is begun or made longer only if some operation that may come next could be what it is for, by the model's
 *     `mayMatter`, directly or through others of the run.
 * S4  Of operations without an answer that do the same, the one called first is used first.
 * S5  A situation is entered once; one that has used more operations without an answer for the same is not entered.
 * S6  Where an answer is false and nothing is left that may make it true, by `mayMatter` and `isLost`, there is no way on.
 */
import { assert, at } from "./assert.ts";
import { ConfigurationMemo } from "./configuration-memo.ts";
import { EnablingTable } from "./enabling-table.ts";
import { EventList } from "./event-list.ts";
import { refused, type Model, type Refused, type StateKey } from "./model.ts";
import { OperationSet } from "./operation-set.ts";
import { outputOf, type PartHistory } from "./part-history.ts";
import { UnansweredPool } from "./unanswered-pool.ts";

const ROOT = -1;
/** How many of a run are asked what they are for, from its end. Asking fewer costs time and changes no verdict. */
const RUN_TESTED_MAX = 4;

export interface SearchLimits {
  readonly stepsMax: number;
  readonly configurationsMax: number;
}

/** Orders are lists of operation numbers. `steps` counts how often the model was asked. */
export type SearchResult =
  | { readonly kind: "linearizable"; readonly order: readonly number[]; readonly steps: number }
  | {
      readonly kind: "violation";
      /** An order of as many operations with an answer as have been placed in any. */
      readonly longestOrder: readonly number[];
      /** The operation at whose return the history is bad already: the search never looked beyond it. */
      readonly lastReturn: number;
      readonly steps: number;
    }
  | { readonly kind: "undecided"; readonly limit: keyof SearchLimits; readonly steps: number };

interface Choice<State> {
  readonly number: number;
  readonly state: State;
  readonly stateId: number;
}

interface Node<State> extends Choice<State> {
  /** How many operations without an answer were placed last, one right after the other. */
  readonly runLength: number;
  readonly answeredCount: number;
  readonly lastPlaced: number;
  choices: readonly Choice<State>[];
  nextChoice: number;
  areUnansweredTried: boolean;
}

export class PartSearch<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #history: PartHistory<Input, Output>;
  readonly #limits: SearchLimits;
  readonly #events: EventList;
  readonly #answered: OperationSet;
  readonly #pool: UnansweredPool<State, Input, Output>;
  readonly #enabling: EnablingTable<State, Input, Output>;
  readonly #reads: readonly boolean[];
  readonly #memo = new ConfigurationMemo();
  readonly #stateIds = new Map<StateKey, number>();
  readonly #nodes: Node<State>[] = [];
  readonly #window: number[] = [];
  #longestOrder: readonly number[] = [];
  #longestCount = 0;
  #lastReturn = 0;
  #lastReturnRank = -1;
  #steps = 0;

  constructor(model: Model<State, Input, Output>, history: PartHistory<Input, Output>, limits: SearchLimits) {
    this.#model = model;
    this.#history = history;
    this.#limits = limits;
    this.#events = new EventList(history);
    this.#answered = new OperationSet(history.answeredCount);
    this.#pool = new UnansweredPool(model, history);
    this.#enabling = new EnablingTable(model, history);
    this.#reads = history.operations.map((operation) => model.isRead?.(operation.input, outputOf(operation)) === true);
  }

  /** Once per search. */
  run(): SearchResult {
    assert(this.#nodes.length === 0, "a search runs once");
    const { initialState } = this.#model;
    this.#open({ number: ROOT, state: initialState, stateId: this.#stateIdOf(initialState) });
    for (;;) {
      if (this.#top.answeredCount === this.#history.answeredCount) {
        return { kind: "linearizable", order: this.#order(), steps: this.#stepCount };
      }
      const limit = this.#limitReached();
      if (limit !== undefined) return { kind: "undecided", limit, steps: this.#stepCount };
      const choice = this.#choose();
      if (choice !== undefined) {
        this.#open(choice);
        continue;
      }
      this.#close();
      if (this.#nodes.length > 0) continue;
      return {
        kind: "violation",
        longestOrder: this.#longestOrder,
        lastReturn: this.#lastReturn,
        steps: this.#stepCount,
      };
    }
  }

  get #stepCount(): number {
    return this.#steps + this.#pool.questionCount + this.#enabling.questionCount;
  }

  get #top(): Node<State> {
    return at(this.#nodes, this.#nodes.length - 1);
  }

  #limitReached(): keyof SearchLimits | undefined {
    if (this.#stepCount >= this.#limits.stepsMax) return "stepsMax";
    return this.#memo.count >= this.#limits.configurationsMax ? "configurationsMax" : undefined;
  }

  /** The next branch from here that leads to a new situation. It has its place already when this returns. */
  #choose(): Choice<State> | undefined {
    const node = this.#top;
    for (;;) {
      while (node.nextChoice < node.choices.length) {
        const choice = at(node.choices, node.nextChoice);
        node.nextChoice += 1;
        if (this.#place(choice, node)) return choice;
      }
      if (node.areUnansweredTried) return undefined;
      node.areUnansweredTried = true;
      node.choices = this.#unansweredChoices(node);
      node.nextChoice = 0;
    }
  }

  #open(choice: Choice<State>): void {
    const parent = this.#nodes.at(-1);
    const isAnswered = choice.number < this.#history.answeredCount;
    const node: Node<State> = {
      ...choice,
      runLength: parent === undefined || isAnswered ? 0 : parent.runLength + 1,
      answeredCount: parent === undefined ? 0 : parent.answeredCount + (isAnswered ? 1 : 0),
      lastPlaced: parent === undefined ? 0 : Math.max(parent.lastPlaced, isAnswered ? choice.number : 0),
      choices: [],
      nextChoice: 0,
      areUnansweredTried: false,
    };
    this.#nodes.push(node);
    if (node.answeredCount < this.#history.answeredCount) this.#offerAnswered(node);
  }

  #close(): void {
    const node = this.#top;
    if (node.answeredCount > this.#longestCount || this.#longestOrder.length === 0) {
      this.#longestCount = node.answeredCount;
      this.#longestOrder = this.#order();
    }
    this.#nodes.pop();
    if (node.number !== ROOT) this.#remove(node.number);
  }

  #order(): number[] {
    return this.#nodes.slice(1).map(({ number }) => number);
  }

  /** S5. False, and nothing placed, if there is no need to go on from there. */
  #place({ number, stateId }: Choice<State>, { answeredCount, lastPlaced }: Node<State>): boolean {
    const isAnswered = number < this.#history.answeredCount;
    if (isAnswered) {
      this.#events.take(number);
      this.#answered.toggle(number);
      if (answeredCount + 1 === this.#history.answeredCount) return true;
    } else {
      this.#pool.use(number);
    }
    const isNew = this.#memo.enter({
      answered: this.#answered,
      unanswered: this.#pool.used,
      stateId,
      firstOpen: this.#events.first,
      lastPlaced: isAnswered ? Math.max(lastPlaced, number) : lastPlaced,
    });
    if (!isNew) this.#remove(number);
    return isNew;
  }

  #remove(number: number): void {
    if (number >= this.#history.answeredCount) {
      this.#pool.giveBack(number);
      return;
    }
    this.#events.putBack(number);
    this.#answered.toggle(number);
  }

  #noteReturn(number: number): void {
    const rank = at(this.#history.returnRanks, number);
    if (rank <= this.#lastReturnRank) return;
    this.#lastReturn = number;
    this.#lastReturnRank = rank;
  }

  /** S6. */
  #mayComeTrue(state: State, number: number): boolean {
    const { input, outcome } = at(this.#history.operations, number);
    if (outcome.kind === "returned" && this.#model.isLost?.(state, input, outcome.output) === true) return false;
    if (this.#enabling.mayBeEnabled(number, this.#answered)) return true;
    return this.#pool.hasInfluenceOn(number, at(this.#history.returnRanks, number));
  }

  /** S1, S2, S6. */
  #offerAnswered(node: Node<State>): void {
    const lastReturn = this.#events.window(this.#window);
    this.#noteReturn(lastReturn);
    const choices: Choice<State>[] = [];
    for (const number of this.#window) {
      const choice = this.#stepped(node.state, number);
      if (choice === undefined) {
        if (this.#mayComeTrue(node.state, number)) continue;
        this.#noteReturn(number);
        node.choices = [];
        node.areUnansweredTried = true;
        return;
      }
      if (this.#isRunUseless(node, choice)) continue;
      if (at(this.#reads, number) && choice.stateId === node.stateId) {
        node.choices = [choice];
        node.areUnansweredTried = true;
        return;
      }
      choices.push(choice);
    }
    node.choices = choices;
  }

  /** S2, S3, S4. */
  #unansweredChoices(node: Node<State>): Choice<State>[] {
    const lastReturn = this.#events.window(this.#window);
    const callRankMax = at(this.#history.returnRanks, lastReturn);
    const choices: Choice<State>[] = [];
    for (const number of this.#pool.useful(this.#window, callRankMax, this.#run(node))) {
      const choice = this.#stepped(node.state, number);
      if (choice === undefined || choice.stateId === node.stateId) continue;
      if (!this.#isRunUseless(node, choice)) choices.push(choice);
    }
    return choices;
  }

  #run(node: Node<State>): readonly number[] {
    return this.#nodes.slice(this.#nodes.length - node.runLength).map(({ number }) => number);
  }

  /** S2: is there an operation in the run that need not be there for the sake of what comes now? */
  #isRunUseless(node: Node<State>, choice: Choice<State>): boolean {
    const shortestIndex = this.#nodes.length - Math.min(node.runLength, RUN_TESTED_MAX);
    for (let index = this.#nodes.length - 1; index >= shortestIndex; index -= 1) {
      if (this.#isOmissible(index, choice)) return true;
    }
    return false;
  }

  #isOmissible(index: number, choice: Choice<State>): boolean {
    const { state } = at(this.#nodes, index - 1);
    const rest = this.#nodes.slice(index + 1).map(({ number }) => number);
    const without = this.#stateAfter(state, [...rest, choice.number]);
    if (without === refused) return false;
    if (this.#stateIdOf(without) === choice.stateId) return true;
    if (choice.number >= this.#history.answeredCount) return false;
    const behind = this.#step(without, at(this.#nodes, index).number);
    return behind !== refused && this.#stateIdOf(behind) === choice.stateId;
  }

  #stateAfter(start: State, numbers: readonly number[]): State | Refused {
    let state = start;
    for (const number of numbers) {
      const next = this.#step(state, number);
      if (next === refused) return refused;
      state = next;
    }
    return state;
  }

  #stepped(state: State, number: number): Choice<State> | undefined {
    const next = this.#step(state, number);
    return next === refused ? undefined : { number, state: next, stateId: this.#stateIdOf(next) };
  }

  #step(state: State, number: number): State | Refused {
    this.#steps += 1;
    const operation = at(this.#history.operations, number);
    return this.#model.step(state, operation.input, outputOf(operation));
  }

  #stateIdOf(state: State): number {
    const key = this.#model.stateKey(state);
    const known = this.#stateIds.get(key);
    if (known !== undefined) return known;
    this.#stateIds.set(key, this.#stateIds.size);
    return this.#stateIds.size - 1;
  }
}
