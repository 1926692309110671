/**
 * One pair of an export: a line of JSON Lines.
 *
 * R1  `{"key": "…", "value": "…"}` when the value is valid UTF-8, `{"key": "…", "valueBase64": "…"}` when it is not.
 * R2  A pair has one line: what is printed depends on the pair alone, byte for byte.
 * R3  Reading a printed line gives the pair back.
 * R4  Reading is strict: a line that is not wholly understood is refused, with the reason.
 */
import { AspenError, assertUserKey, limits, type KeyValuePair } from "@aspenjs/api";
import { decodeBase64, decodeText, encodeText, valueFields } from "./value-text.ts";

export type RecordOutcome =
  | { readonly kind: "pair"; readonly pair: KeyValuePair }
  | { readonly kind: "bad"; readonly reason: string };

/** Without the line feed. */
export function formatRecord({ key, value }: KeyValuePair): string {
  return JSON.stringify({ key, ...valueFields(value) });
}

export function parseRecord(line: Uint8Array): RecordOutcome {
  const text = decodeText(line);
  if (text === undefined) return bad("the line is not valid UTF-8");
  if (text.trim() === "") return bad("the line is empty");
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    return bad(`the line is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return typeof record === "object" && record !== null && !Array.isArray(record)
    ? readFields(new Map(Object.entries(record)))
    : bad("the line is no JSON object");
}

function readFields(fields: ReadonlyMap<string, unknown>): RecordOutcome {
  const surplus = [...fields.keys()].find((name) => !["key", "value", "valueBase64"].includes(name));
  if (surplus !== undefined) return bad(`there is no field "${surplus}"; a line has key and value or valueBase64`);
  const key = fields.get("key");
  if (typeof key !== "string") return bad('the field "key" must be text');
  if (fields.has("value") === fields.has("valueBase64")) return bad("a line has either value or valueBase64");
  const value = fields.has("value") ? readText(fields.get("value")) : readBase64(fields.get("valueBase64"));
  if (typeof value === "string") return bad(value);
  if (value.byteLength > limits.valueBytesMax) {
    return bad(`value of ${value.byteLength} bytes exceeds ${limits.valueBytesMax}`);
  }
  try {
    assertUserKey(key);
  } catch (error) {
    if (error instanceof AspenError) return bad(error.message);
    throw error;
  }
  return { kind: "pair", pair: { key, value } };
}

/** The bytes, or what is wrong with them. */
function readText(text: unknown): Uint8Array | string {
  if (typeof text !== "string") return 'the field "value" must be text';
  return text.isWellFormed() ? encodeText(text) : 'the field "value" holds an unpaired surrogate';
}

function readBase64(text: unknown): Uint8Array | string {
  const bytes = typeof text === "string" ? decodeBase64(text) : undefined;
  return bytes ?? 'the field "valueBase64" must be base64 with padding';
}

function bad(reason: string): RecordOutcome {
  return { kind: "bad", reason };
}
