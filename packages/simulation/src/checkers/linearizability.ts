import {
  assert,
  unreachable,
  type Compare,
  type Expected,
  type KeyValueEntry,
  type TransactionOperation,
  type WriteCommand,
  type WriteResult,
} from "@aspenjs/api";
import {
  checkLinearizability,
  createMapModel,
  violationText,
  type MapInput,
  type MapOutput,
  type MapStep,
  type Operation,
} from "@aspenjs/linearizability";
import { groupOf, type KeySpace } from "../workload/key-space.ts";
import { fellBack, type Answer, type Call, type RecordedCall } from "../workload/recorded-call.ts";
import type { AppliedHistory } from "./applied-history.ts";

type MapOperation = Operation<MapInput, MapOutput>;

/** Far beyond what any history of a run needs: one that needs more is worth a look. */
const STEPS_MAX = 20_000_000;

/** Values that no client ever writes. */
const NEVER_THERE = "never there";

export interface LinearizabilityOptions {
  readonly keys: KeySpace;
  /** Says what a revision stands for, where a client compared with one. */
  readonly history: AppliedHistory;
}

/**
 * What clients saw, by values alone: neither revisions nor labels nor anything else that the cluster says of itself.
 * Stale reads are left out; they promise nothing. So do those that fell back, which their label alone tells.
 */
export class Linearizability {
  readonly name = "linearizability";
  readonly #options: LinearizabilityOptions;
  /** Operations that were checked. */
  operationCount = 0;

  constructor(options: LinearizabilityOptions) {
    this.#options = options;
  }

  /** @returns what is wrong, in words */
  problemOf(calls: readonly RecordedCall[]): string | undefined {
    const operations = calls.flatMap((call) => this.#operationOf(call));
    this.operationCount = operations.length;
    const model = createMapModel({ groupOf });
    const verdict = checkLinearizability(model, operations, { stepsMax: STEPS_MAX });
    switch (verdict.kind) {
      case "linearizable":
        return undefined;
      case "violation":
        return violationText(model, verdict.violation);
      case "undecided":
        return `not decided: ${JSON.stringify(verdict.unfinished)}`;
    }
  }

  /** A call that was refused belongs to no history: it took no effect, and says nothing. */
  #operationOf({ lane, call, startedUs, endedUs, outcome }: RecordedCall): readonly MapOperation[] {
    if (outcome.kind === "refused" || (call.kind !== "write" && call.consistency === "stale")) return [];
    if (fellBack({ call, outcome })) return [];
    const base = { processId: lane, invokedAt: startedUs };
    if (outcome.kind === "unknown") {
      return call.kind === "write"
        ? [{ ...base, input: this.#writeInput(call.command), outcome: { kind: "unknown" } }]
        : [];
    }
    const { input, output } = this.#answered(call, outcome.answer);
    return [{ ...base, input, outcome: { kind: "returned", output, returnedAt: endedUs } }];
  }

  #answered(call: Call, answer: Answer): { readonly input: MapInput; readonly output: MapOutput } {
    if (call.kind === "get" && answer.kind === "get") {
      return { input: { kind: "get", key: call.key }, output: { kind: "value", value: valueOf(answer.result.entry) } };
    }
    if (call.kind === "scan" && answer.kind === "scan") {
      const prefix = call.range.kind === "prefix" ? call.range.prefix : "";
      const keys = this.#options.keys.keysBehind(prefix);
      const entries = answer.result.entries.map((entry) => [entry.key, textOf(entry.value)] as const);
      return { input: { kind: "scan", keys }, output: { kind: "entries", entries } };
    }
    if (call.kind === "getMulti" && answer.kind === "getMulti") {
      const present = answer.result.entries.filter((entry) => entry !== undefined);
      const entries = present.map((entry) => [entry.key, textOf(entry.value)] as const);
      return { input: { kind: "scan", keys: call.keys }, output: { kind: "entries", entries } };
    }
    if (call.kind === "write" && answer.kind === "write") return this.#written(call.command, answer.result);
    throw new TypeError("an answer is to its call");
  }

  #written(command: WriteCommand, result: WriteResult): { readonly input: MapInput; readonly output: MapOutput } {
    const input = this.#writeInput(command);
    if (result.kind === "compare" && "key" in command) {
      if (result.outcome === "conflict") {
        return { input: { kind: "get", key: command.key }, output: { kind: "value", value: valueOf(result.actual) } };
      }
      return { input, output: { kind: "swapped" } };
    }
    if (result.kind === "transaction") {
      const values = result.results.flatMap((item) => (item.kind === "get" ? [valueOf(item.entry)] : []));
      return { input, output: { kind: "transacted", succeeded: result.succeeded, values } };
    }
    if (result.kind === "delete") {
      if (command.kind !== "delete" || command.returnPrevious !== true) {
        return { input, output: { kind: "count", count: result.deletedCount } };
      }
      return { input, output: { kind: "value", value: valueOf(result.previous?.[0]) } };
    }
    if (result.kind === "set" && command.kind === "set" && command.returnPrevious === true) {
      return { input, output: { kind: "value", value: valueOf(result.previous) } };
    }
    return { input, output: { kind: "done" } };
  }

  #writeInput(command: WriteCommand): MapInput {
    switch (command.kind) {
      case "set":
        return { kind: "set", key: command.key, value: textOf(command.value) };
      case "setMulti":
        return { kind: "setMany", entries: command.pairs.map(({ key, value }) => [key, textOf(value)]) };
      case "delete":
        return { kind: "delete", key: command.key };
      case "deleteMulti":
        return { kind: "deleteMany", keys: command.keys };
      case "compareAndSwap": {
        const { key, value, expected } = command;
        return { kind: "compareAndSwap", key, value: textOf(value), expected: this.#expected(key, expected) };
      }
      case "compareAndDelete": {
        const { key, expected } = command;
        return { kind: "compareAndDelete", key, expected: this.#expected(key, expected) };
      }
      case "deleteRange": {
        const prefix = command.range.kind === "prefix" ? command.range.prefix : "";
        return { kind: "deleteMany", keys: this.#options.keys.keysBehind(prefix) };
      }
      case "transaction":
        return {
          kind: "transaction",
          conditions: command.compares.map((compare) => this.#condition(compare)),
          success: command.success.map(stepOf),
          failure: command.failure.map(stepOf),
        };
      case "leaseGrant":
      case "leaseRevoke":
        throw new TypeError("leases have a checker of their own");
      default:
        return unreachable(command);
    }
  }

  #condition(compare: Compare): { readonly key: string; readonly expected: string | undefined } {
    const { key, target, operator } = compare;
    assert(target !== "value" && operator === "=", "clients compare revisions and versions for equality");
    if (target === "version") return { key, expected: undefined };
    return { key, expected: this.#expected(key, { kind: "modRevision", modRevision: compare.number }) };
  }

  #expected(key: string, expected: Expected): string | undefined {
    switch (expected.kind) {
      case "absent":
        return undefined;
      case "value":
        return textOf(expected.value);
      case "modRevision": {
        const entry = this.#options.history.versionOf(key, expected.modRevision);
        return entry?.modRevision === expected.modRevision ? textOf(entry.value) : NEVER_THERE;
      }
    }
  }
}

function stepOf(operation: TransactionOperation): MapStep {
  switch (operation.kind) {
    case "get":
    case "delete":
      return { kind: operation.kind, key: operation.key };
    case "set":
      return { kind: "set", key: operation.key, value: textOf(operation.value) };
    default:
      throw new TypeError("clients have no ranges in their transactions");
  }
}

function valueOf(entry: KeyValueEntry | undefined): string | undefined {
  return entry === undefined ? undefined : textOf(entry.value);
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString("latin1");
}
