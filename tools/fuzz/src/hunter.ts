/**
 * A program of its own: searches one target, in which a bug may be planted, until the first finding, and prints what it
 * came to. Keeps no file: what a planted bug does is no finding.
 */
import { runCampaign } from "./campaign.ts";
import type { HuntOutcome } from "./canary-hunt.ts";
import { Coverage } from "./coverage.ts";
import { loadTarget, targetPlaces } from "./discovery.ts";

const [name = "", seconds = "", seed = ""] = process.argv.slice(2);
const place = targetPlaces().find((candidate) => candidate.name === name);
if (place === undefined) throw new Error(`no target is called ${name}`);
const coverage = new Coverage();
coverage.start();
const { findings, executions, elapsedMs } = await runCampaign(await loadTarget(place), {
  seed: Number(seed),
  durationMs: Number(seconds) * 1_000,
  regressions: [],
  coverage,
  isMinimizing: false,
  findingsMax: 1,
});
const [finding] = findings;
const outcome: HuntOutcome =
  finding === undefined
    ? { kind: "missed", executions }
    : { kind: "found", finding: finding.kind, executions, elapsedMs };
console.log(JSON.stringify(outcome));
