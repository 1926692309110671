import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { plant } from "@aspenjs/canary";
import { expect, test } from "vitest";
import { CANARIES } from "../src/canaries.ts";
import { huntCanaries } from "../src/canary-hunt.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

test.each(CANARIES)("$name still fits the code", (canary) => {
  const source = readFileSync(join(root, canary.file), "utf8");
  expect(plant(canary, source)).not.toBe(source);
});

test("a search finds planted bugs, and says which checker noticed", async () => {
  const quick = ["vote-not-persisted", "unsynced-append-acknowledged", "retry-applied-again", "read-not-awaited"];
  const chosen = CANARIES.filter(({ name }) => quick.includes(name));
  const hunts = await huntCanaries(chosen, { seedsMax: 100, workerCount: 2 });
  expect(hunts.map(({ canary, violation }) => `${canary.name}: ${violation?.checker}`)).toEqual([
    "vote-not-persisted: election-safety",
    "unsynced-append-acknowledged: committed-entries",
    "read-not-awaited: answers",
    "retry-applied-again: exactly-once",
  ]);
}, 300_000);
