import { unknownOutput, type UnknownOutput } from "../model.ts";
import { scalarText, type Scalar } from "../scalar.ts";

export type MapEntry = readonly [key: string, value: Scalar];

/** Keys are absent until they are set. `absent` where a value is expected says that there must be none. */
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
  /** All at one instant. */
  | { readonly kind: "setMany"; readonly entries: readonly MapEntry[] }
  | { readonly kind: "deleteMany"; readonly keys: readonly string[] }
  /** What these keys have at one instant. */
  | { readonly kind: "scan"; readonly keys: readonly string[] };

/**
 * What was answered, as much as the object says: any of these fits any operation that it makes sense for.
 * `done`: nothing but success. `value`: what the key had, before the operation if that is a change; `undefined` is
 * absent. `count`: how many of the keys of a deletion were there. `swapped`: whether a compare-and-swap found what it
 * expected, and what it found if it did not and says so. `entries`: the keys of a scan that were there.
 */
export type MapOutput =
  | { readonly kind: "done" }
  | { readonly kind: "value"; readonly value: Scalar | undefined }
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "swapped" }
  | { readonly kind: "notSwapped"; readonly actual?: { readonly value: Scalar | undefined } }
  | { readonly kind: "entries"; readonly entries: readonly MapEntry[] };

export function isMapRead(input: MapInput): input is Extract<MapInput, { kind: "get" | "scan" }> {
  return input.kind === "get" || input.kind === "scan";
}

export function keysOf(input: MapInput): readonly string[] {
  switch (input.kind) {
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
    case "setMany":
      return `set ${input.entries.map(entryText).join(", ")} at once`;
    case "deleteMany":
      return `delete ${input.keys.map(keyText).join(", ")} at once`;
    case "scan":
      return `scan ${input.keys.map(keyText).join(", ")}`;
  }
}

export function mapOutputText(output: MapOutput | UnknownOutput): string {
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
