import { HistoryError } from "../history-error.ts";
import { unknownOutput, type UnknownOutput } from "../model.ts";
import { scalarText, type Scalar } from "../scalar.ts";

export type MapEntry = readonly [key: string, value: Scalar];

export interface MapCondition {
  readonly key: string;
  /** `undefined` demands absence. */
  readonly expected: Scalar | undefined;
}

export type MapStep =
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "set"; readonly key: string; readonly value: Scalar }
  | { readonly kind: "delete"; readonly key: string };

/** Keys are absent until they are set. `undefined` where a value is expected says that there must be none. */
export type MapInput =
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "set"; readonly key: string; readonly value: Scalar }
  | { readonly kind: "delete"; readonly key: string }
  | {
      readonly kind: "compareAndSwap";
      readonly key: string;
      readonly expected: Scalar | undefined;
      readonly value: Scalar;
    }
  | { readonly kind: "compareAndDelete"; readonly key: string; readonly expected: Scalar | undefined }
  /** All at one instant. */
  | { readonly kind: "setMany"; readonly entries: readonly MapEntry[] }
  | { readonly kind: "deleteMany"; readonly keys: readonly string[] }
  /** What these keys have at one instant. */
  | { readonly kind: "scan"; readonly keys: readonly string[] }
  /** The conditions and the steps that they decide on, all at one instant. Steps see what those before them did. */
  | {
      readonly kind: "transaction";
      /** All must hold for `success` to run; otherwise `failure` runs. */
      readonly conditions: readonly MapCondition[];
      readonly success: readonly MapStep[];
      readonly failure: readonly MapStep[];
    };

export type MapTransaction = Extract<MapInput, { kind: "transaction" }>;

/**
 * What was answered, as much as the object says: any of these fits any operation that it makes sense for.
 * `done`: nothing but success. `value`: what the key had, before the operation if that is a change; `undefined` is
 * absent. `count`: how many of the keys of a deletion were there. `swapped`: whether a compare-and-swap or a
 * compare-and-delete found what it expected, and what it found if it did not and says so. `entries`: the keys of a scan
 * that were there. `transacted`: which steps of a transaction ran, and what each `get` among them saw, in their order.
 */
export type MapOutput =
  | { readonly kind: "done" }
  | { readonly kind: "value"; readonly value: Scalar | undefined }
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "swapped" }
  | { readonly kind: "notSwapped"; readonly actual?: { readonly value: Scalar | undefined } }
  | { readonly kind: "entries"; readonly entries: readonly MapEntry[] }
  | {
      readonly kind: "transacted";
      readonly succeeded: boolean;
      readonly values: readonly (Scalar | undefined)[];
    };

export type MapTransacted = Extract<MapOutput, { kind: "transacted" }>;

/** For an answer that this operation never gives, whatever the map holds. */
export function senseless(input: MapInput, output: MapOutput): HistoryError {
  return new HistoryError(`"${mapInputText(input)}" cannot answer "${output.kind}"`);
}

/** Of a transaction also those of the steps that did not run. */
export function keysOf(input: MapInput): readonly string[] {
  switch (input.kind) {
    case "transaction":
      return [...new Set([...input.conditions, ...input.success, ...input.failure].map(({ key }) => key))];
    case "setMany":
      return input.entries.map(([key]) => key);
    case "deleteMany":
    case "scan":
      return input.keys;
    default:
      return [input.key];
  }
}

/** In one line, different for different inputs. */
export function mapInputText(input: MapInput): string {
  switch (input.kind) {
    case "get":
    case "delete":
      return `${input.kind} ${keyText(input.key)}`;
    case "set":
      return `set ${entryText([input.key, input.value])}`;
    case "compareAndSwap":
      return `swap ${keyText(input.key)} from ${scalarText(input.expected)} to ${scalarText(input.value)}`;
    case "compareAndDelete":
      return `delete ${keyText(input.key)} if ${scalarText(input.expected)}`;
    case "setMany":
      return `set ${input.entries.map(entryText).join(", ")} at once`;
    case "deleteMany":
      return `delete ${input.keys.map(keyText).join(", ")} at once`;
    case "scan":
      return `scan ${input.keys.map(keyText).join(", ")}`;
    case "transaction":
      return transactionText(input);
  }
}

function transactionText({ conditions, success, failure }: MapTransaction): string {
  const all = conditions.map(({ key, expected }) => `${keyText(key)} = ${scalarText(expected)}`).join(", ");
  const otherwise = failure.length === 0 ? "" : `; else: ${failure.map(stepText).join(", ")}`;
  return `${all === "" ? "always" : `if ${all}`}: ${success.map(stepText).join(", ") || "nothing"}${otherwise}`;
}

function stepText(step: MapStep): string {
  return step.kind === "set" ? `set ${entryText([step.key, step.value])}` : `${step.kind} ${keyText(step.key)}`;
}

export function mapOperationText(input: MapInput, output: MapOutput | UnknownOutput): string {
  const said = mapOutputText(output);
  return `${mapInputText(input)} -> ${input.kind === "compareAndDelete" ? said.replace("swapped", "deleted") : said}`;
}

function mapOutputText(output: MapOutput | UnknownOutput): string {
  if (output === unknownOutput) return "?";
  switch (output.kind) {
    case "done":
      return "done";
    case "value":
      return scalarText(output.value);
    case "count":
      return `${output.count} deleted`;
    case "swapped":
      return "swapped";
    case "notSwapped":
      return output.actual === undefined ? "not swapped" : `not swapped, was ${scalarText(output.actual.value)}`;
    case "entries":
      return entriesText(output.entries);
    case "transacted": {
      const values = output.values.map(scalarText).join(", ");
      return `${output.succeeded ? "succeeded" : "failed"}${values === "" ? "" : `, saw ${values}`}`;
    }
  }
}

function entriesText(entries: Iterable<MapEntry>): string {
  return `{${[...entries].map(entryText).join(", ")}}`;
}

export function entryText([key, value]: MapEntry): string {
  return `${keyText(key)} = ${scalarText(value)}`;
}

/** Bare where it cannot be mistaken for anything else. */
function keyText(key: string): string {
  return /^[\w./-]+$/.test(key) ? key : JSON.stringify(key);
}
