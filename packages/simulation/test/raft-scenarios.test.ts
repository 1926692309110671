import { readdirSync, readFileSync } from "node:fs";
import { LOG_ID_ZERO, type LogId, type NodeId } from "@aspenjs/api";
import type { Effect } from "@aspenjs/raft";
import { replay } from "@aspenjs/raft/testing";
import { expect, test } from "vitest";
import { ElectionSafety } from "../src/checkers/election-safety.ts";
import { LogMatching } from "../src/checkers/log-matching.ts";

const directory = new URL("../../raft/test/scenarios/", import.meta.url);
const files = readdirSync(directory).filter((name) => name.endsWith(".txt"));

/** The checkers of simulated clusters, watching the cores of a scenario. */
class ScenarioWatch {
  readonly elections = new ElectionSafety();
  readonly #logs = new LogMatching();
  readonly #terms = new Map<string, LogId>();

  observe(nodeId: NodeId, effect: Effect): void {
    switch (effect.kind) {
      case "roleChanged":
        this.elections.onRole(nodeId, effect.role, effect.term);
        return;
      case "send":
        // What waits for the disk may never leave.
        if (effect.after === 0) this.elections.onMessage(nodeId, effect.to, effect.message);
        return;
      case "persist":
        if (effect.operation.kind === "write") this.#noteWrite(nodeId, effect.operation.batch);
        return;
      default:
        return;
    }
  }

  #noteWrite(nodeId: NodeId, batch: Parameters<LogMatching["onLogWrite"]>[1]): void {
    const [first] = batch.entries;
    if (first === undefined) return;
    const previous = first.index === 1 ? LOG_ID_ZERO : this.#terms.get(`${nodeId} ${first.index - 1}`);
    for (const { index, term } of batch.entries) this.#terms.set(`${nodeId} ${index}`, { index, term });
    // Behind a snapshot or a log that the scenario made up, what stands before is not known here.
    if (previous !== undefined) this.#logs.onLogWrite(nodeId, batch, previous);
  }
}

let leaders = 0;

test.each(files)("%s keeps what simulated clusters must keep", (name) => {
  const watch = new ScenarioWatch();
  const text = readFileSync(new URL(name, directory), "utf8");
  expect(replay(text, (nodeId, effect) => watch.observe(nodeId, effect))).toBe(text);
  leaders += watch.elections.leaderCount;
});

test("the scenarios have shown the checkers something", () => {
  expect(leaders).toBeGreaterThan(files.length / 2);
});
