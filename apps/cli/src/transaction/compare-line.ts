import type { Compare, CompareOperator, NumberTarget } from "@aspenjs/api";
import { COMPARE_OPERATORS } from "@aspenjs/api";
import { checkedKey } from "./checked-word.ts";
import { shortText, type LineScanner } from "./line-scanner.ts";

/** By the names that etcdctl has for them, the short ones included, and by our own. */
const TARGETS: ReadonlyMap<string, NumberTarget | "value"> = new Map([
  ["value", "value"],
  ["val", "value"],
  ["version", "version"],
  ["ver", "version"],
  ["create", "createRevision"],
  ["c", "createRevision"],
  ["createRevision", "createRevision"],
  ["mod", "modRevision"],
  ["m", "modRevision"],
  ["modRevision", "modRevision"],
  ["lease", "lease"],
]);

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const OPERATION_NAMES: ReadonlySet<string> = new Set(["put", "get", "del"]);

/** `version("key") = "1"`, and the like. @throws UsageError */
export function parseCompare(scanner: LineScanner): Compare {
  const target = parseTarget(scanner);
  literal(scanner, "(");
  const keyAt = scanner.position();
  const keyWord = scanner.quoted();
  if (keyWord === undefined) throw scanner.unexpected(keyAt, 'a key in quotes, such as "a"');
  const key = checkedKey(scanner, keyWord);
  literal(scanner, ")");
  const operator = parseOperator(scanner);
  const compare: Compare =
    target === "value"
      ? { target, key, operator, value: parseText(scanner) }
      : { target, key, operator, number: parseNumber(scanner) };
  if (!scanner.atEnd()) throw scanner.unexpected(scanner.position(), "the end of the line");
  return compare;
}

function parseTarget(scanner: LineScanner): NumberTarget | "value" {
  const at = scanner.position();
  const name = scanner.run(LETTERS);
  const target = TARGETS.get(name);
  if (target !== undefined) return target;
  const remark = OPERATION_NAMES.has(name) ? " (operations come after an empty line)" : "";
  throw scanner.unexpected(
    at,
    `a comparison of value, version, create, mod or lease, such as version("key") = "0"${remark}`,
  );
}

function literal(scanner: LineScanner, character: string): void {
  const at = scanner.position();
  if (scanner.take(character)) return;
  throw scanner.unexpected(at, `"${character}"`);
}

function parseOperator(scanner: LineScanner): CompareOperator {
  const at = scanner.position();
  const text = scanner.run("=!<>");
  const operator = COMPARE_OPERATORS.find((candidate) => candidate === text);
  if (operator !== undefined) return operator;
  throw scanner.unexpected(at, `one of ${COMPARE_OPERATORS.join(" ")}`);
}

function parseText(scanner: LineScanner): Uint8Array {
  const at = scanner.position();
  const word = scanner.quoted();
  if (word === undefined) throw scanner.unexpected(at, 'a value in quotes, such as "text"');
  return word.bytes;
}

function parseNumber(scanner: LineScanner): number {
  const at = scanner.position();
  const word = scanner.quoted() ?? scanner.word();
  const text = shortText(word?.bytes ?? new Uint8Array());
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw scanner.unexpected(at, "an integer from 0 to 2^53 - 1");
}
