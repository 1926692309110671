import { describe, expect, expectTypeOf, test } from "vitest";
import { AspenError } from "../aspen-error.ts";
import { bytes as toBytes } from "../../test/store-view.ts";
import { treeSchema, type Tree } from "../../test/tree-schema.ts";
import { bytes } from "./bytes-codec.ts";
import type { Codec } from "./codec.ts";
import { json, type JsonValue } from "./json-codec.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { text } from "./text-codec.ts";

const fromBytes = (value: Uint8Array): string => new TextDecoder().decode(value);

function refusalOf(work: () => unknown): AspenError {
  try {
    work();
  } catch (error) {
    if (error instanceof AspenError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("text", () => {
  test.each(["", "aspen", "\u0000", "\uFEFFmarked", "\u{1F332}"])("%j comes back", (value) => {
    expect(text().decode(text().encode(value))).toBe(value);
  });

  test("what UTF-8 does not have is refused in both directions", () => {
    expect(refusalOf(() => text().encode("\uD800")).code).toBe("invalid_request");
    expect(refusalOf(() => text().encode(7 as unknown as string)).code).toBe("invalid_request");
    expect(refusalOf(() => text().decode(Uint8Array.of(0xc3))).code).toBe("unsupported");
  });
});

test("bytes are what they are", () => {
  const value = Uint8Array.of(0, 255);
  expect(bytes().encode(value)).toBe(value);
  expect(bytes().decode(value)).toBe(value);
});

describe("json", () => {
  test.each<JsonValue>([null, true, 0, -1.5, "", "\u{1F332}", [], {}, [1, [null]], { a: { b: ["c"] }, __proto__x: 1 }])(
    "%j comes back",
    (value) => {
      expect(json().decode(json().encode(value))).toEqual(value);
    },
  );

  test("equal values are equal bytes, whatever the order of their members", () => {
    const one = json().encode({ b: 1, a: { d: [{ z: 1, y: 2 }], c: null } });
    expect(one).toEqual(json().encode({ a: { c: null, d: [{ y: 2, z: 1 }] }, b: 1 }));
    expect(fromBytes(one)).toBe('{"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1}');
  });

  test("a member named __proto__ is a member", () => {
    const value = JSON.parse('{"__proto__":{"polluted":1}}') as JsonValue;
    expect(fromBytes(json().encode(value))).toBe('{"__proto__":{"polluted":1}}');
    expect(Object.getPrototypeOf(json().decode(json().encode(value)))).toBe(Object.prototype);
  });

  const circle: unknown[] = [];
  circle.push(circle);
  test.each([
    ["nothing", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a big integer", 1n],
    ["no number", [Number.NaN]],
    ["infinity", { a: Infinity }],
    ["a circle", circle],
  ] as [string, unknown][])("%s cannot be written", (_name, value) => {
    expect(refusalOf(() => json().encode(value as JsonValue)).code).toBe("invalid_request");
  });

  test.each(["", "{", "undefined", "{'a':1}", "\uFEFF1"])("%j cannot be read", (written) => {
    expect(refusalOf(() => json().decode(toBytes(written)))).toMatchObject({ code: "unsupported", retryable: false });
  });

  test("what is no text cannot be read", () => {
    expect(refusalOf(() => json().decode(Uint8Array.of(0x22, 0xff, 0x22))).code).toBe("unsupported");
  });
});

describe("json with a schema", () => {
  const codec = json(treeSchema);

  test("values are what the schema makes of them", () => {
    const tree = { name: "aspen", heightM: 25, planted: new Date("2020-01-02T00:00:00Z") };
    const written = codec.encode(tree);
    expect(fromBytes(written)).toBe('{"heightM":25,"name":"aspen","planted":"2020-01-02T00:00:00.000Z"}');
    expect(codec.decode(written)).toEqual(tree);
  });

  test("nothing is written that could not be read again", () => {
    const error = refusalOf(() => codec.encode({ name: 7, heightM: -1 } as unknown as Tree));
    expect(error).toMatchObject({
      code: "invalid_request",
      details: { issueCount: 2, issues: "name: a text is needed; heightM: no height" },
    });
  });

  test("what the schema refuses cannot be read", () => {
    const error = refusalOf(() => codec.decode(toBytes('{"name":"aspen"}')));
    expect(error).toMatchObject({ code: "unsupported", details: { issueCount: 1, issues: "heightM: no height" } });
  });

  test("the details of many and long issues are bounded", () => {
    const issues = Array.from({ length: 5_000 }, () => ({ message: "m".repeat(400), path: ["a", 0, Symbol("s")] }));
    const schema: StandardSchema = { "~standard": { version: 1, vendor: "test", validate: () => ({ issues }) } };
    const { details } = refusalOf(() => json(schema).decode(toBytes("1")));
    expect(details["issueCount"]).toBe(5_000);
    expect(String(details["issues"])).toMatch(/^a\.0\.Symbol\(s\): m+;/);
    expect(String(details["issues"])).toHaveLength(1_000);
  });

  test("a schema that answers later is refused in words, and what it comes to troubles nobody", async () => {
    const validate = () => Promise.reject(new Error("late"));
    const schema: StandardSchema = { "~standard": { version: 1, vendor: "test", validate } };
    for (const work of [() => json(schema).encode(1), () => json(schema).decode(toBytes("1"))]) {
      expect(refusalOf(work)).toMatchObject({
        code: "invalid_request",
        message: "the schema answers with a promise; values need one that answers at once",
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  });
});

test("types follow the codec", () => {
  expectTypeOf(text()).toEqualTypeOf<Codec<string>>();
  expectTypeOf(bytes()).toEqualTypeOf<Codec<Uint8Array>>();
  expectTypeOf(json()).toEqualTypeOf<Codec<JsonValue>>();
  expectTypeOf(json(treeSchema)).toEqualTypeOf<Codec<Tree>>();
  // @ts-expect-error: a map is no JSON
  expect(() => json().encode(new Map())).not.toThrow();
  // @ts-expect-error: a height is missing
  expect(() => json(treeSchema).encode({ name: "aspen" })).toThrow(AspenError);
});
