import { AspenError, type ErrorDetails } from "../aspen-error.ts";
import type { ErrorCode } from "../error-code.ts";
import type { Codec } from "./codec.ts";
import type { StandardIssue, StandardSchema, StandardSchemaOutput } from "./standard-schema.ts";
import { decodeText, encodeText } from "./text-codec.ts";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Of an error's details. */
const ISSUES_SHOWN_MAX = 10;
const ISSUES_LENGTH_MAX = 1_000;

/**
 * JSON, with the members of objects in order of their names, so that equal values are equal bytes. With a schema – any
 * validator that follows Standard Schema and answers at once – only what it accepts is written, and what is read is what
 * it makes of it. A schema that changes values must accept what they look like in JSON afterwards.
 */
export function json(): Codec<JsonValue>;
export function json<Schema extends StandardSchema>(schema: Schema): Codec<StandardSchemaOutput<Schema>>;
export function json(schema?: StandardSchema): Codec<unknown> {
  return {
    encode: (value) => {
      const written = stringify(value);
      if (schema !== undefined) validated(schema, JSON.parse(written), "invalid_request");
      return encodeText(written);
    },
    decode: (bytes) => {
      const value = parse(decodeText(bytes));
      return schema === undefined ? value : validated(schema, value, "unsupported");
    },
  };
}

function stringify(value: unknown): string {
  let written: string | undefined;
  try {
    written = JSON.stringify(value, inOrder) as string | undefined;
  } catch (cause) {
    if (cause instanceof AspenError) throw cause;
    throw new AspenError("invalid_request", "the value cannot be written as JSON", { cause });
  }
  if (written === undefined) throw new AspenError("invalid_request", "the value has no form in JSON");
  return written;
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new AspenError("invalid_request", `${value} has no form in JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value);
  return Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function parse(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new AspenError("unsupported", "the value is no JSON", { cause });
  }
}

function validated(schema: StandardSchema, value: unknown, code: ErrorCode): unknown {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    // What it comes to does not matter any more, not even that it fails.
    result.catch(() => undefined);
    throw new AspenError("invalid_request", "the schema answers with a promise; values need one that answers at once");
  }
  if (result.issues === undefined) return result.value;
  throw new AspenError(code, "the value is not what the schema demands", { details: detailsOf(result.issues) });
}

function detailsOf(issues: readonly StandardIssue[]): ErrorDetails {
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map(issueText).join("; ");
  return { issueCount: issues.length, issues: shown.slice(0, ISSUES_LENGTH_MAX) };
}

function issueText({ message, path = [] }: StandardIssue): string {
  const names = path.map((part) => String(typeof part === "object" ? part.key : part));
  return names.length === 0 ? message : `${names.join(".")}: ${message}`;
}
