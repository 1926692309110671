import { expect, test } from "vitest";
import { asked, said } from "../test/said.ts";
import { createMapModel } from "./models/map-model.ts";
import type { MapInput, MapOutput } from "./models/map-operation.ts";
import { createRegisterModel } from "./models/register-model.ts";
import type { Operation } from "./operation.ts";
import { splitIntoParts } from "./parts.ts";

const set = (...keys: string[]): Operation<MapInput, MapOutput> => {
  return said(1, [0, 1], { kind: "setMany", entries: keys.map((key) => [key, 1]) }, { kind: "done" });
};
const namesOf = (...history: Operation<MapInput, MapOutput>[]): string[] => {
  return splitIntoParts(createMapModel(), history).map(({ names }) => names.join(" "));
};

test("operations that share a key are together, also by way of others, in whatever order they come", () => {
  expect(namesOf(set("a", "b"), set("c", "b"), set("d"))).toEqual(["a b c", "d"]);
  expect(namesOf(set("a", "b"), set("c", "d"), set("e", "f"), set("b", "f"), set("d", "a"))).toEqual(["a b c d e f"]);
  expect(namesOf(set("a"), set("b"), set("c"), set("c", "a"))).toEqual(["a c", "b"]);
});

test("a write without an answer connects, a read without one does not", () => {
  const write = asked(2, 0, { kind: "deleteMany", keys: ["a", "b"] } as const);
  const read = asked(2, 0, { kind: "scan", keys: ["a", "b"] } as const);
  expect(namesOf(set("a"), set("b"), write)).toEqual(["a b"]);
  expect(namesOf(set("a"), set("b"), read)).toEqual(["a", "b"]);
});

test("without parts everything is together", () => {
  const read = said(1, [0, 1], { kind: "read" } as const, 0);
  expect(splitIntoParts(createRegisterModel(0), [read, read]).map(({ operations }) => operations.length)).toEqual([2]);
});
