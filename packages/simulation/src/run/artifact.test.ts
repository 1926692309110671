import { expect, test } from "vitest";
import { createArtifact, parseArtifact } from "./artifact.ts";
import { drawRunOptions } from "./drawn-options.ts";
import type { RunReport } from "./run.ts";

function artifactText(seed: number): string {
  const options = drawRunOptions(seed);
  const report = { options, violation: undefined, metrics: {}, traceHash: "ab" } as unknown as RunReport;
  const artifact = createArtifact(report, {
    name: "cluster",
    commit: "c0ffee",
    timestamp: "2026-01-02T03:04:05.678Z",
    durationMs: 7,
    events: [],
    reproduce: "again",
  });
  expect(artifact).toMatchObject({ runId: `cluster-seed${seed}-20260102-030405`, status: "passed", seed });
  return JSON.stringify(artifact);
}

test("the options of a run survive the way into a file and back", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { options, traceHash, commit } = parseArtifact(artifactText(seed));
    expect({ options, traceHash, commit }).toEqual({
      options: drawRunOptions(seed),
      traceHash: "ab",
      commit: "c0ffee",
    });
  }
});

test("an artifact names its kind of state and its failure; an older one was recorded in memory", () => {
  const text = artifactText(1);
  expect(parseArtifact(text)).toMatchObject({ stateKind: "memory", violation: undefined });
  const violation = { checker: "answers", message: "wrong", atUs: 1 };
  const written = JSON.stringify({ ...JSON.parse(text), stateKind: "sqlite", violation });
  expect(parseArtifact(written)).toMatchObject({
    stateKind: "sqlite",
    violation: { checker: "answers", message: "wrong" },
  });
  expect(parseArtifact(text.replace('"stateKind":"memory",', "")).stateKind).toBe("memory");
});

test.each([
  ["not JSON", "{", /not JSON/],
  ["nothing", "null", /names no trace/],
  ["without options", '{"traceHash":"a","commit":"b"}', /options is missing or wrong/],
  [
    "a fault that nobody knows",
    artifactText(1).replace(/"name":"[a-z-]+","durationMs"/, '"name":"x","durationMs"'),
    /plan/,
  ],
  ["a setting that nobody knows", artifactText(1).replace('"tickMs"', '"tickMiles"'), /config.tickMiles/],
  ["a kind of state that there is not", artifactText(1).replace('"memory"', '"paper"'), /stateKind/],
  ["a failure that says nothing", artifactText(1).replace("{", '{"violation":7,'), /violation/],
  ["no node", artifactText(1).replace(/"nodeCount":\d/, '"nodeCount":0'), /nodeCount/],
])("a file that is no artifact is refused: %s", (_name, text, expected) => {
  expect(() => parseArtifact(text)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  expect(() => parseArtifact(text)).toThrow(expected);
});
