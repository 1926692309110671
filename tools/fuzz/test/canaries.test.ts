/** Every planted bug fits its source; those that are quick to find, one of each kind, are looked for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plant } from "@aspenjs/canary";
import { describe, expect, test } from "vitest";
import { huntCanary } from "../src/canary-hunt.ts";
import { loadTarget, ROOT_DIRECTORY, targetPlaces } from "../src/discovery.ts";

const SECONDS = 60;
const SEED = 1;

/** What it is found as, by target and name. All of them: `pnpm fuzz --canaries`. */
const QUICK = [
  ["crash", "cli/node-file", "JSON that is no object"],
  ["crash", "transport/protocol-name", "bytes that are no text"],
  ["form", "codec/row", "integers that are not minimal"],
  ["form", "protocol/base32", "a whole character too many"],
  ["form", "cluster/key-scope", "the end of a range is not looked at"],
  ["hang", "cli/duration", "a pattern that takes for ever"],
  ["allocation", "protocol/admission-request", "memory for a length that is only claimed"],
  ["prototype", "protocol/admission-request", "names of the peer become properties of every object"],
] as const;

const places = targetPlaces();
const targets = await Promise.all(
  places.map(async (place) => ({ place, canaries: (await loadTarget(place)).canaries })),
);

test("every planted bug fits its source", () => {
  for (const canary of targets.flatMap(({ canaries }) => canaries)) {
    const source = readFileSync(join(ROOT_DIRECTORY, canary.file), "utf8");
    expect(() => plant(canary, source), canary.name).not.toThrow();
  }
});

describe("a planted bug is found", () => {
  test.each(QUICK)("as %s: %s, %s", async (kind, name, canaryName) => {
    const target = targets.find(({ place }) => place.name === name);
    const canary = target?.canaries.find((candidate) => candidate.name === canaryName);
    if (target === undefined || canary === undefined) throw new Error(`${name} plants no ${canaryName}`);
    const outcome = await huntCanary(target.place, canary, { seconds: SECONDS, seed: SEED });
    expect(outcome).toMatchObject({ kind: "found", finding: kind });
  });
});
