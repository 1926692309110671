import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { replay } from "../src/testing/scenario.ts";

const directory = new URL("scenarios/", import.meta.url);
const isUpdate = process.env["UPDATE_SCENARIOS"] === "1";
const files = readdirSync(directory)
  .filter((name) => name.endsWith(".txt"))
  .sort();

describe("each scenario has the effects that stand in it (R1 to R12)", () => {
  test.each(files)("%s", (name) => {
    const file = new URL(name, directory);
    const text = readFileSync(file, "utf8");
    const replayed = replay(text);
    if (isUpdate && replayed !== text) writeFileSync(file, replayed);
    else expect(replayed).toBe(text);
  });

  test.each(files)("%s breaks no assertion and names no message that is not there", (name) => {
    expect(readFileSync(new URL(name, directory), "utf8")).not.toMatch(/assertion failed|no such message/u);
  });

  test.each(files)("%s says first what it shows", (name) => {
    const [firstLine = ""] = readFileSync(new URL(name, directory), "utf8").split("\n");
    expect(firstLine).toMatch(/^# (Catalogue|Section) \d/u);
  });
});
