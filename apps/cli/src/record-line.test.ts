import { limits } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textBytes } from "../test/memory-host.ts";
import { formatRecord, parseRecord } from "./record-line.ts";

const keys = fc
  .string({ unit: "binary", minLength: 1, maxLength: 60 })
  .filter((key) => key.isWellFormed() && !key.startsWith("\u0000"));
const values = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: "binary", maxLength: 60 }).map(textBytes),
  fc.constant(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)),
);

const parse = (text: string) => parseRecord(textBytes(text));
const reasonOf = (text: string) => {
  const outcome = parse(text);
  return outcome.kind === "bad" ? outcome.reason : "accepted";
};

test("R3: a printed pair reads back as it was, whatever its key and bytes", () => {
  fc.assert(
    fc.property(keys, values, (key, value) => {
      const outcome = parse(formatRecord({ key, value }));
      expect(outcome).toEqual({ kind: "pair", pair: { key, value: Uint8Array.from(value) } });
    }),
    { numRuns: 1_000 },
  );
});

test("R2: however a pair was written, it is printed as one line in one way", () => {
  const variants = [
    '{"key":"a","value":"é"}',
    ' { "value" : "\\u00e9", "key" : "\\u0061" } \r',
    `{"key":"a","valueBase64":"${Buffer.from("é").toString("base64")}"}`,
  ];
  for (const line of variants) {
    const outcome = parse(line);
    expect(outcome.kind === "pair" && formatRecord(outcome.pair)).toBe('{"key":"a","value":"é"}');
  }
});

test("R1: bytes that are no text are base64", () => {
  expect(formatRecord({ key: "k", value: Uint8Array.of(0xff, 0x00) })).toBe('{"key":"k","valueBase64":"/wA="}');
});

describe("R4: refused with the reason", () => {
  test.each([
    ["", "the line is empty"],
    ["  ", "the line is empty"],
    ["nonsense", "the line is not JSON"],
    ['{"key":"a","value":"b"} x', "the line is not JSON"],
    ['["key","value"]', "the line is no JSON object"],
    ["null", "the line is no JSON object"],
    ['{"value":"b"}', 'the field "key" must be text'],
    ['{"key":1,"value":"b"}', 'the field "key" must be text'],
    ['{"key":"a"}', "a line has either value or valueBase64"],
    ['{"key":"a","value":"b","valueBase64":""}', "a line has either value or valueBase64"],
    ['{"key":"a","value":1}', 'the field "value" must be text'],
    ['{"key":"a","value":"\\ud800"}', 'the field "value" holds an unpaired surrogate'],
    ['{"key":"a","valueBase64":"_w=="}', 'the field "valueBase64" must be base64 with padding'],
    ['{"key":"a","valueBase64":"/w"}', 'the field "valueBase64" must be base64 with padding'],
    ['{"key":"a","val":"b"}', 'there is no field "val"'],
    ['{"key":"","value":"b"}', "a key must not be empty"],
    ['{"key":"\\u0000a","value":"b"}', "keys that start with U+0000 belong to the system"],
    [`{"key":"${"k".repeat(limits.keyBytesMax + 1)}","value":""}`, "key of 1025 bytes exceeds 1024"],
    [`{"key":"a","value":"${"v".repeat(limits.valueBytesMax + 1)}"}`, "value of 1048577 bytes exceeds 1048576"],
  ])("%.60s", (line, reason) => {
    expect(reasonOf(line)).toContain(reason);
  });

  test("bytes that are not UTF-8", () => {
    expect(parseRecord(Uint8Array.of(0x7b, 0xff))).toEqual({ kind: "bad", reason: "the line is not valid UTF-8" });
  });
});
