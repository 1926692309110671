/**
 * Is there an order? A depth-first search over the operations that may come next (Wing and Gong 1993), which remembers
 * where it has been (Lowe 2017). Invariants that keep it right where it leaves branches out:
 *
 * S1  A read (`Model.isRead`) that is true is placed at once: whatever goes on from here without it also goes on with
 *     it, so no other branch is tried.
 * S2  An operation without an answer has no latest time. In the run of such operations right before another one each
 *     must matter to it: if leaving it out leads to the same state, or moving it behind does, the branch is left out,
 *     because the other one is tried as well. Hence nobody's unseen write is placed unless something shows it.
 * S3  A run is begun or made longer only if some operation that may come next could be what it is for, by the model's
 *     `mayMatter`, directly or through others of the run.
 * S4  Of operations without an answer that do the same, the one called first is used first.
 * S5  A situation is entered once; one that has used more operations without an answer for the same is not entered.
 */
import { assert, at } from "./assert.ts";
import { ConfigurationMemo } from "./configuration-memo.ts";
import { EventList } from "./event-list.ts";
import { InfluenceTable } from "./influence-table.ts";
import { refused, type Model, type Refused, type StateKey } from "./model.ts";
import { OperationSet } from "./operation-set.ts";
import { outputOf, twinsOf, type PartHistory } from "./part-history.ts";

const ROOT = -1;

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
      /** The operation at whose return the history is bad already: no order ever placed it with all before it. */
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
  readonly #unanswered: OperationSet;
  readonly #influences: InfluenceTable<State, Input, Output>;
  readonly #twins: Int32Array;
  readonly #reads: readonly boolean[];
  readonly #memo = new ConfigurationMemo();
  readonly #stateIds = new Map<StateKey, number>();
  readonly #nodes: Node<State>[] = [];
  readonly #window: number[] = [];
  #longestOrder: readonly number[] = [];
  #longestCount = 0;
  #lastReturn = 0;
  #steps = 0;

  constructor(model: Model<State, Input, Output>, history: PartHistory<Input, Output>, limits: SearchLimits) {
    this.#model = model;
    this.#history = history;
    this.#limits = limits;
    this.#events = new EventList(history);
    this.#answered = new OperationSet(history.answeredCount);
    this.#unanswered = new OperationSet(history.operations.length - history.answeredCount);
    this.#influences = new InfluenceTable(model, history);
    this.#twins = twinsOf(model, history);
    this.#reads = history.operations.map((operation) => model.isRead?.(operation.input, outputOf(operation)) === true);
  }

  /** Once per search. */
  run(): SearchResult {
    assert(this.#nodes.length === 0, "a search runs once");
    const { initialState } = this.#model;
    this.#open({ number: ROOT, state: initialState, stateId: this.#stateIdOf(initialState) });
    for (;;) {
      if (this.#top.answeredCount === this.#history.answeredCount) {
        return { kind: "linearizable", order: this.#order(), steps: this.#steps };
      }
      const limit = this.#limitReached();
      if (limit !== undefined) return { kind: "undecided", limit, steps: this.#steps };
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
        steps: this.#steps,
      };
    }
  }

  get #top(): Node<State> {
    return at(this.#nodes, this.#nodes.length - 1);
  }

  #limitReached(): keyof SearchLimits | undefined {
    if (this.#steps >= this.#limits.stepsMax) return "stepsMax";
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
      this.#unanswered.toggle(number - this.#history.answeredCount);
    }
    const isNew = this.#memo.enter({
      answered: this.#answered,
      unanswered: this.#unanswered,
      stateId,
      firstOpen: this.#events.first,
      lastPlaced: isAnswered ? Math.max(lastPlaced, number) : lastPlaced,
    });
    if (!isNew) this.#remove(number);
    return isNew;
  }

  #remove(number: number): void {
    if (number >= this.#history.answeredCount) {
      this.#unanswered.toggle(number - this.#history.answeredCount);
      return;
    }
    this.#events.putBack(number);
    this.#answered.toggle(number);
  }

  /** S1, S2. */
  #offerAnswered(node: Node<State>): void {
    const lastReturn = this.#events.window(this.#window);
    const { returnRanks } = this.#history;
    if (at(returnRanks, lastReturn) > at(returnRanks, this.#lastReturn)) this.#lastReturn = lastReturn;
    const choices: Choice<State>[] = [];
    for (const number of this.#window) {
      const choice = this.#stepped(node.state, number);
      if (choice === undefined || this.#isRunUseless(node, choice)) continue;
      if (at(this.#reads, number)) {
        assert(choice.stateId === node.stateId, "an operation that the model calls a read changes nothing");
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
    const { answeredCount } = this.#history;
    if (this.#history.operations.length === answeredCount) return [];
    const choices: Choice<State>[] = [];
    for (const number of this.#purposefulNumbers(node)) {
      const twin = at(this.#twins, number - answeredCount);
      if (twin >= 0 && !this.#unanswered.has(twin - answeredCount)) continue;
      const choice = this.#stepped(node.state, number);
      if (choice === undefined || choice.stateId === node.stateId) continue;
      if (!this.#isRunUseless(node, choice)) choices.push(choice);
    }
    return choices;
  }

  /** S3: those that, with the whole run before them, may matter to one and the same operation that may come next. */
  #purposefulNumbers(node: Node<State>): number[] {
    const { answeredCount, callRanks, returnRanks } = this.#history;
    const run = this.#run(node);
    const windowEndRank = at(returnRanks, this.#events.window(this.#window));
    const isAtHand = (number: number): boolean => {
      if (at(callRanks, number) > windowEndRank) return false;
      return !this.#unanswered.has(number - answeredCount) || run.includes(number);
    };
    const purposeful = new Set<number>();
    for (const target of this.#window) {
      const influences = this.#influences.closure(target, isAtHand);
      if (!run.every((number) => influences.has(number))) continue;
      for (const number of influences) if (!this.#unanswered.has(number - answeredCount)) purposeful.add(number);
    }
    return [...purposeful].toSorted((left, right) => left - right);
  }

  #run(node: Node<State>): readonly number[] {
    if (node.runLength === 0) return [];
    return this.#nodes.slice(-node.runLength).map(({ number }) => number);
  }

  /** S2: is there an operation in the run that need not be there for the sake of what comes now? */
  #isRunUseless(node: Node<State>, choice: Choice<State>): boolean {
    if (node.runLength === 0) return false;
    const run = this.#run(node);
    const { state } = at(this.#nodes, this.#nodes.length - 1 - run.length);
    return run.some((omitted, position) => {
      const withoutIt = this.#stateAfter(state, [...run.toSpliced(position, 1), choice.number]);
      if (withoutIt === refused) return false;
      if (this.#stateIdOf(withoutIt) === choice.stateId) return true;
      if (choice.number >= this.#history.answeredCount) return false;
      const behind = this.#step(withoutIt, omitted);
      return behind !== refused && this.#stateIdOf(behind) === choice.stateId;
    });
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
