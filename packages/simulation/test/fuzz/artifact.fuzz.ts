import { AspenError } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { parseArtifact, type ReplayableRun } from "../../src/run/artifact.ts";
import { drawRunOptions } from "../../src/run/drawn-options.ts";

const artifactOf = (seed: number): ReplayableRun => {
  const options = drawRunOptions(seed);
  return { options: { ...options, plan: options.plan.slice(0, 3) }, traceHash: "00", commit: "ab" };
};

const FILE = "packages/simulation/src/run/run-options-gate.ts";

export const target = defineTarget<ReplayableRun>({
  name: "simulation/artifact",
  decodes: "what is kept of a simulated run, to live through it again",
  covers: ["parseArtifact"],
  frameBytesMax: 262_144,
  amplification: {
    times: 64,
    reason: "JSON is read whole before anything in it can be counted; the file is the developer's own",
  },
  seeds: () => [1, 2, 3, 4].map((seed) => bytesOf(JSON.stringify(artifactOf(seed)))),
  dictionary: ["null", "true", "[]", "{}", "-1", '"__proto__":', "1e99", "plan", "config"].map(bytesOf),
  decode: throwing((bytes) => parseArtifact(textOf(bytes)), AspenError),
  encode: { form: "normal", write: (run) => bytesOf(JSON.stringify(run)) },
  check: ({ options: { plan, nodeCount } }) => {
    if (nodeCount < 1) throw new Error("a cluster has a node");
    for (const { durationMs } of plan) if (!Number.isSafeInteger(durationMs)) throw new Error("a fault lasts a while");
  },
  canaries: [
    {
      name: "a field that is no object",
      file: FILE,
      find: 'if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(name);',
      replace: "",
    },
    {
      name: "a number that is none",
      file: FILE,
      find: 'if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) throw invalid(name);\n  return value;',
      replace: "return value as number;",
    },
  ],
});
