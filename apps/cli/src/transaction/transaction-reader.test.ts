import { limits as apiLimits, type TransactionCommand } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { textBytes } from "../../test/memory-host.ts";
import { transactionText } from "../../test/transaction-text.ts";
import { limits } from "../limits.ts";
import { UsageError } from "../usage-error.ts";
import { TransactionReader } from "./transaction-reader.ts";

function read(text: string): TransactionCommand {
  const reader = new TransactionReader();
  for (const line of text.split("\n")) reader.line(textBytes(line));
  return reader.finish();
}

/** What the program says, without the place. */
function refusalOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "accepted";
}

const compare = (line: string) => read(line).compares[0];
const operation = (line: string) => read(`\n${line}`).success[0];
const put = (words: string) => {
  const made = operation(`put ${words}`);
  if (made?.kind !== "set") throw new Error("no put");
  return [made.key, Buffer.from(made.value).toString("latin1")];
};

describe("compares", () => {
  test.each([
    ['value("a") = "text"', { target: "value", key: "a", operator: "=", value: textBytes("text") }],
    ["val(\"a\") != ''", { target: "value", key: "a", operator: "!=", value: textBytes("") }],
    ['mod("a") > "0"', { target: "modRevision", key: "a", operator: ">", number: 0 }],
    ['m("a") > 0', { target: "modRevision", key: "a", operator: ">", number: 0 }],
    ['modRevision("a") < 7', { target: "modRevision", key: "a", operator: "<", number: 7 }],
    ['create("a") = "0"', { target: "createRevision", key: "a", operator: "=", number: 0 }],
    ['c("a") = "0"', { target: "createRevision", key: "a", operator: "=", number: 0 }],
    ['createRevision("a") = "0"', { target: "createRevision", key: "a", operator: "=", number: 0 }],
    ['version("a") = "1"', { target: "version", key: "a", operator: "=", number: 1 }],
    ['ver("a") = "1"', { target: "version", key: "a", operator: "=", number: 1 }],
    ['lease("a") = "123"', { target: "lease", key: "a", operator: "=", number: 123 }],
    [' version ( "a" )="9007199254740991" \r', { target: "version", key: "a", operator: "=", number: 2 ** 53 - 1 }],
  ])("%s", (line, expected) => {
    expect(compare(line)).toEqual(expected);
  });
});

describe("operations", () => {
  const bound = { key: "a", value: textBytes("b") };
  test.each([
    ["put a b", { kind: "set", ...bound }],
    ["put a b --lease=12", { kind: "set", ...bound, leaseId: 12 }],
    ["put --lease 12 a b", { kind: "set", ...bound, leaseId: 12 }],
    ["put a --ttl=1.5s b --prev-kv", { kind: "set", ...bound, ttlMs: 1_500, returnPrevious: true }],
    ["put a b --prev", { kind: "set", ...bound, returnPrevious: true }],
    ["get a", { kind: "get", key: "a" }],
    ['get "" --prefix', { kind: "scan", range: { kind: "prefix", prefix: "" } }],
    ["get a --prefix --limit=5", { kind: "scan", range: { kind: "prefix", prefix: "a" }, limit: 5 }],
    [
      "get a b --keys-only --reverse",
      { kind: "scan", range: { kind: "range", start: "a", end: "b" }, keysOnly: true, reverse: true },
    ],
    ["get a --prefix --count-only", { kind: "scan", range: { kind: "prefix", prefix: "a" }, limit: 0 }],
    ["del a", { kind: "delete", key: "a" }],
    ["del a --prev-kv", { kind: "delete", key: "a", returnPrevious: true }],
    ["del a --prefix", { kind: "deleteRange", range: { kind: "prefix", prefix: "a" } }],
    ["del a b", { kind: "deleteRange", range: { kind: "range", start: "a", end: "b" } }],
    ["del -- --prefix", { kind: "delete", key: "--prefix" }],
    ["get -", { kind: "get", key: "-" }],
  ])("%s", (line, expected) => {
    expect(operation(line)).toEqual(expected);
  });
});

describe("words", () => {
  test.each([
    [`a b`, "a", "b"],
    [`'a b' "c d"`, "a b", "c d"],
    [String.raw`a\ b c\"\\d`, "a b", String.raw`c"\d`],
    [`a'b'"c"d ''`, "abcd", ""],
    [String.raw`a 'no \n escape'`, "a", String.raw`no \n escape`],
    [String.raw`a "\a\b\t\n\v\f\r\"\\"`, "a", '\u0007\b\t\n\v\f\r"\\'],
    ['a "\\$\\`"', "a", "$`"],
    [String.raw`a "\xff\x00\101"`, "a", "\u00ff\u0000A"],
    [String.raw`"\xc3\xa9\u00e9\U000000e9" b`, "ééé", "b"],
    [`a\t\t b\r`, "a", "b"],
  ])("%s", (words, key, value) => {
    expect(put(words)).toEqual([key, value]);
  });
});

describe("parts", () => {
  test("compares, operations for when they hold, operations for when they do not", () => {
    const text = 'version("a") = 0\nversion("b") = 0\n\nput a 1\nput b 1\n\nget a\n';
    expect(read(text)).toEqual({
      kind: "transaction",
      compares: ["a", "b"].map((key) => ({ target: "version", key, operator: "=", number: 0 })),
      success: ["a", "b"].map((key) => ({ kind: "set", key, value: textBytes("1") })),
      failure: [{ kind: "get", key: "a" }],
    });
  });

  test("each of them may be empty, and the last one ends with the text or with an empty line", () => {
    const expected = { kind: "transaction", compares: [], success: [], failure: [{ kind: "get", key: "a" }] };
    for (const text of ["\n\nget a", "\n\nget a\n", "\n\nget a\n\n", "\n \t\nget a\r\n\r\n\n"]) {
      expect(read(text)).toEqual(expected);
    }
    expect(read('version("a") = 0')).toMatchObject({ success: [], failure: [] });
  });

  test("what is written is read as it was", () => {
    const text = 'lease("é") != 3\n\nput "\\xff" "\\xff"\n'.replace('put "\\xff"', "put k");
    const command = read(text);
    expect(read(transactionText(command))).toEqual(command);
  });
});

describe("T2: what is refused names its place and what was expected", () => {
  test.each([
    ['value("a") == "b"', 'line 1, column 12: expected one of = != < >, found == "b"'],
    ['value("a") >= "b"', 'line 1, column 12: expected one of = != < >, found >= "b"'],
    ['value("a" = "b"', 'line 1, column 11: expected ")", found = "b"'],
    ['value "a"', 'line 1, column 7: expected "(", found "a"'],
    ["value(a) = 'b'", "line 1, column 7: expected a key in quotes, such as \"a\", found a) = 'b'"],
    ['value("a") = b', 'line 1, column 14: expected a value in quotes, such as "text", found b'],
    ['value("a") =', 'line 1, column 13: expected a value in quotes, such as "text", found the end of the line'],
    ['mod("a") = "x"', 'line 1, column 12: expected an integer from 0 to 2^53 - 1, found "x"'],
    ['mod("a") = -1', "line 1, column 12: expected an integer from 0 to 2^53 - 1, found -1"],
    [
      'mod("a") = 9007199254740992',
      "line 1, column 12: expected an integer from 0 to 2^53 - 1, found 9007199254740992",
    ],
    ['value("a") = "b" "c"', 'line 1, column 18: expected the end of the line, found "c"'],
    [
      "age(1)",
      'line 1, column 1: expected a comparison of value, version, create, mod or lease, such as version("key") = "0", ' +
        "found age(1)",
    ],
    [
      "put a 1",
      'line 1, column 1: expected a comparison of value, version, create, mod or lease, such as version("key") = "0" ' +
        "(operations come after an empty line), found put a 1",
    ],
    [
      'value("é") = "\\q"',
      String.raw`line 1, column 15: expected an escape such as \n, \t, \", \\, \x1f, \u00e9 or \U0001f600, found \q"`,
    ],
    ["\nset a 1", "line 2, column 1: expected put, get or del, found set a 1"],
    ["\nput a", "line 2, column 6: expected a value, found the end of the line"],
    ["\nput", "line 2, column 4: expected a key, found the end of the line"],
    ["\nput a b c", "line 2, column 9: expected the end of the line, found c"],
    [
      "\nget a --rev=3",
      "line 2, column 7: expected one of the flags --prefix, --limit, --keys-only, --count-only, --reverse, or -- " +
        "before what begins with a dash, found --rev=3",
    ],
    [
      "\nput a -5",
      "line 2, column 7: expected one of the flags --lease, --ttl, --prev-kv, --prev, or -- before what begins with a " +
        "dash, found -5",
    ],
    ["\nput a b --lease", "line 2, column 16: expected a value for --lease, found the end of the line"],
    ["\nput a b --lease=x", 'line 2, column 9: "x" is no lease id; ids are integers from 1 to 2^53 - 1'],
    ["\nput a b --ttl=10", 'line 2, column 9: "10" is no duration; write 500ms, 10s, 5m, 24h or 7d'],
    ["\nput a b --ttl=1ms", "line 2, column 9: a time to live is at least 100ms and at most 3660d"],
    [
      "\nput a b --ttl=1s --lease=1",
      "line 2, column 18: a key has a lease or a time to live of its own: give --lease or --ttl, but not both",
    ],
    ["\ndel a --prefix --prefix", "line 2, column 16: --prefix is there twice"],
    ["\ndel a --prefix=yes", "line 2, column 7: --prefix takes no value"],
    ["\ndel a b --prefix", "line 2, column 7: give --prefix or the end of a range, but not both"],
    ["\nget a --limit=3", "line 2, column 7: --limit goes with --prefix or with the end of a range"],
    ["\nget a --prefix --limit=0", 'line 2, column 16: "0" is no integer from 1 to 10000'],
    ["\nget a --prefix --limit=1 --count-only", "line 2, column 26: give --limit or --count-only, but not both"],
    [
      '\nput "a b',
      String.raw`line 2, column 5: this quote is not closed on its line; a line feed within double quotes is written as \n`,
    ],
    [
      "\nput é 'b",
      String.raw`line 2, column 7: this quote is not closed on its line; a line feed within double quotes is written as \n`,
    ],
    ["\nput a b\\", "line 2, column 8: there is nothing behind this backslash; in single quotes it stands for itself"],
    ['\nget "\\xff"', "line 2, column 5: a key is text, and these bytes are not valid UTF-8"],
    ['\nget ""', "line 2, column 5: a key must not be empty"],
    ['\nget "\\x00a"', "line 2, column 5: keys that start with U+0000 belong to the system"],
    [`\nget ${"k".repeat(1_025)}`, "line 2, column 5: key of 1025 bytes exceeds 1024"],
    [`\nput a ${"v".repeat(1_048_577)}`, "line 2, column 7: no key and no value has more than 1048576 bytes"],
    [
      "\nput a 1\nget a\ndel a",
      "line 4: expected each key to be changed once in a branch, found a key that an operation before this one changes",
    ],
    [
      "\n\nput ab 1\nput a 1\ndel a --prefix",
      "line 5: expected each key to be changed once in a branch, found a key that an operation before this one changes",
    ],
    ["\n\n\n\nput a 1", "line 5: expected nothing more: an empty line ended the failure operations"],
    ["", "the transaction is empty: it needs at least one compare or operation"],
  ])("%s", (text, message) => {
    expect(refusalOf(text)).toBe(message);
  });

  test("a line that is no text", () => {
    const reader = new TransactionReader();
    reader.line(textBytes(""));
    expect(() => reader.line(Uint8Array.of(0x67, 0xff))).toThrow(
      String.raw`line 2: the line is not valid UTF-8; other bytes are written as "\xff"`,
    );
  });
});

test("T1, T4: as much as a command may hold, and no more", () => {
  const gets = (count: number) => `\n${"get a\n".repeat(count)}`;
  expect(read(gets(apiLimits.transactionItemsMax)).success).toHaveLength(apiLimits.transactionItemsMax);
  expect(refusalOf(gets(apiLimits.transactionItemsMax + 1))).toBe(
    "line 1002: a transaction has at most 1000 compares and operations",
  );
  expect(refusalOf(`\nget a${"\n".repeat(limits.transactionLinesMax)}`)).toBe("a transaction has at most 2000 lines");
  const line = `put k 'a' ${" ".repeat(1_000_000)}\n`;
  expect(refusalOf(`\n${line.repeat(9)}`)).toBe("the text of a transaction has at most 8388608 bytes");
  const value = "v".repeat(apiLimits.valueBytesMax - 20);
  const puts = Array.from({ length: 8 }, (_, position) => `put ${position} ${value}`).join("\n");
  expect(read(`\n${puts}`).success).toHaveLength(8);
});
