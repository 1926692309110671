import { assert, AssertionFailure, type Membership, type NodeId } from "@aspenjs/api";
import type { RaftConfig } from "../core/config.ts";
import { nodeRecord, ScenarioCluster, type Envelope } from "./scenario-cluster.ts";
import { effectText, entryText, logIdText, messageText, viewText } from "./scenario-text.ts";

/**
 * Runs a scenario text: comments start with `#`, steps with `> `, and below each step stand the effects it must have.
 * `replay` returns the text with the effects that it really had, so that a test compares two texts and an author
 * updates one.
 *
 * Steps: `cluster 3 [heartbeatTicks=…]` · `node 4` · `preset 1 term=3 vote=2 log=1,1,2` · `start 1 2` · `tick 1 75` ·
 * `campaign 1` · `bootstrap 1 voters=1,2,3` · `propose 1 a b` · `change 1 voters=1,2,4 [learners=3]` ·
 * `transfer 1 [to=2]` · `read 1 [lease]` · `sync 1 [count]` · `apply 1` · `deliver [1->2] [kind]` · `drop …` ·
 * `repeat …` (delivers and keeps a copy) · `cut 1->2 …` · `isolate 3` · `heal` · `disconnect 1 2` · `settle` · `crash 1` ·
 * `restart 1` · `snapshot 1` · `send-snapshot 1->4` · `dropped 1->2` · `show [1 2]` · `log [1 2]` · `flight` · `quiet …`
 * (runs a step without its effects).
 */
export function replay(text: string): string {
  const scenario = new Scenario();
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("> ")) lines.push(line, ...scenario.run(line.slice(2)));
    else if (line.startsWith("#") || line.trim() === "") lines.push(line.trimEnd());
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

type Step = (scenario: Scenario, words: readonly string[]) => void;

class Scenario {
  #output: string[] = [];
  #config: Partial<RaftConfig> = {};
  membership: Membership = { voters: [], outgoingVoters: [], learners: [], nodes: [] };
  readonly cluster = new ScenarioCluster((nodeId, effect) => this.print(`${nodeId}: ${effectText(effect)}`));

  run(command: string): readonly string[] {
    this.#output = [];
    const [verb = "", ...words] = command.split(/\s+/u);
    const step = steps.get(verb);
    assert(step !== undefined, `a scenario has no step "${verb}"`);
    try {
      step(this, words);
    } catch (error) {
      if (!(error instanceof AssertionFailure)) throw error;
      this.print(`assertion failed: ${error.message}`);
    }
    return this.#output;
  }

  print(line: string): void {
    this.#output.push(line);
  }

  silence(): void {
    this.#output = [];
  }

  get config(): Partial<RaftConfig> {
    return this.#config;
  }

  configure(words: readonly string[]): void {
    const numbers = words.filter((word) => word.includes("=") && !word.startsWith("lease="));
    const lease = optionOf(words, "lease");
    this.#config = {
      ...Object.fromEntries(numbers.map((word) => [word.split("=")[0], Number(word.split("=")[1])])),
      ...(lease === undefined ? {} : { lease: { kind: "enabled", driftTicks: Number(lease) } }),
    };
  }

  selected(words: readonly string[]): readonly NodeId[] {
    const ids = words.map(Number);
    return ids.length > 0 ? ids : [...this.cluster.nodes.keys()];
  }
}

const steps: ReadonlyMap<string, Step> = new Map<string, Step>([
  ["cluster", startCluster],
  ["node", (scenario, [nodeId]) => startEmptyNode(scenario, Number(nodeId))],
  ["nodes", (scenario, words) => prepareNodes(scenario, words)],
  ["preset", presetNode],
  ["start", (scenario, words) => words.forEach((word) => scenario.cluster.start(Number(word)))],
  ["tick", (scenario, [nodeId, ticks]) => tick(scenario, Number(nodeId), Number(ticks))],
  ["campaign", (scenario, [nodeId]) => scenario.cluster.step(Number(nodeId), { kind: "campaign" })],
  ["bootstrap", bootstrapNode],
  ["propose", propose],
  ["change", changeMembership],
  ["transfer", transferLeadership],
  ["read", readIndex],
  ["sync", (scenario, [nodeId, count]) => scenario.cluster.sync(Number(nodeId), Number(count ?? "1000000"))],
  ["apply", (scenario, [nodeId]) => scenario.cluster.apply(Number(nodeId))],
  ["deliver", (scenario, words) => void scenario.cluster.deliver(envelopeFilter(words))],
  ["drop", (scenario, words) => void scenario.cluster.take(envelopeFilter(words))],
  ["repeat", repeatDelivery],
  ["cut", (scenario, words) => words.forEach((word) => cutLink(scenario, word))],
  ["isolate", (scenario, [nodeId]) => isolate(scenario, Number(nodeId))],
  ["heal", (scenario) => scenario.cluster.heal()],
  ["disconnect", disconnect],
  ["dropped", reportDropped],
  ["settle", (scenario) => scenario.cluster.settle()],
  ["crash", (scenario, words) => words.forEach((word) => scenario.cluster.crash(Number(word)))],
  ["restart", (scenario, words) => words.forEach((word) => scenario.cluster.start(Number(word)))],
  ["snapshot", (scenario, [nodeId]) => scenario.cluster.takeSnapshot(Number(nodeId))],
  ["send-snapshot", sendSnapshot],
  ["show", show],
  ["log", showLog],
  ["flight", showFlight],
  ["quiet", runQuietly],
]);

function startCluster(scenario: Scenario, words: readonly string[]): void {
  prepareNodes(scenario, words);
  for (const nodeId of scenario.membership.voters)
    scenario.cluster.preset(nodeId, 0, undefined, [], scenario.membership);
  for (const nodeId of scenario.membership.voters) scenario.cluster.start(nodeId);
}

function prepareNodes(scenario: Scenario, [count = "", ...words]: readonly string[]): void {
  scenario.configure(words);
  const voters = Array.from({ length: Number(count) }, (_, position) => position + 1);
  scenario.membership = { voters, outgoingVoters: [], learners: [], nodes: voters.map(nodeRecord) };
  for (const nodeId of voters) scenario.cluster.addNode(nodeId, scenario.config);
}

function startEmptyNode(scenario: Scenario, nodeId: NodeId): void {
  scenario.cluster.addNode(nodeId, scenario.config);
  scenario.cluster.start(nodeId);
}

function presetNode(scenario: Scenario, [nodeId, ...words]: readonly string[]): void {
  const vote = optionOf(words, "vote");
  const terms = numbersOf(optionOf(words, "log") ?? "");
  const term = Number(optionOf(words, "term") ?? terms.at(-1) ?? 0);
  scenario.cluster.preset(
    Number(nodeId),
    term,
    vote === undefined ? undefined : Number(vote),
    terms,
    scenario.membership,
  );
}

/** One tick at a time, as a shell would count them. */
function tick(scenario: Scenario, nodeId: NodeId, ticks: number): void {
  for (let count = 0; count < ticks; count += 1) scenario.cluster.step(nodeId, { kind: "tick", elapsedTicks: 1 });
}

function bootstrapNode({ cluster }: Scenario, [nodeId, ...words]: readonly string[]): void {
  const voters = numbersOf(optionOf(words, "voters") ?? "");
  const membership = { voters, outgoingVoters: [], learners: [], nodes: voters.map(nodeRecord) };
  cluster.step(Number(nodeId), { kind: "bootstrap", token: cluster.nextToken(), membership });
}

function propose({ cluster }: Scenario, [nodeId, ...commands]: readonly string[]): void {
  const proposals = commands.map((command) => ({
    token: cluster.nextToken(),
    payload: { kind: "command", command: new TextEncoder().encode(command) } as const,
  }));
  cluster.step(Number(nodeId), { kind: "propose", proposals });
}

function changeMembership({ cluster }: Scenario, [nodeId, ...words]: readonly string[]): void {
  const voters = numbersOf(optionOf(words, "voters") ?? "");
  const learners = numbersOf(optionOf(words, "learners") ?? "");
  const nodes = [...voters, ...learners].map(nodeRecord);
  const target = { voters, learners, nodes };
  cluster.step(Number(nodeId), { kind: "changeMembership", token: cluster.nextToken(), target });
}

function transferLeadership({ cluster }: Scenario, [nodeId, ...words]: readonly string[]): void {
  const to = optionOf(words, "to");
  const target = to === undefined ? undefined : Number(to);
  cluster.step(Number(nodeId), { kind: "transferLeadership", token: cluster.nextToken(), target });
}

function readIndex({ cluster }: Scenario, [nodeId, mode]: readonly string[]): void {
  const kind = mode === "lease" ? "lease" : "quorum";
  cluster.step(Number(nodeId), { kind: "readIndex", token: cluster.nextToken(), mode: kind });
}

function repeatDelivery({ cluster }: Scenario, words: readonly string[]): void {
  const copies = cluster.flight.filter(envelopeFilter(words));
  cluster.deliver(envelopeFilter(words));
  cluster.launchAgain(copies);
}

function cutLink(scenario: Scenario, word: string): void {
  const [from, to] = linkOf(word);
  scenario.cluster.cut(from, to);
}

function isolate({ cluster }: Scenario, nodeId: NodeId): void {
  for (const other of cluster.nodes.keys()) {
    cluster.cut(nodeId, other);
    cluster.cut(other, nodeId);
  }
}

function disconnect({ cluster }: Scenario, [left, right]: readonly string[]): void {
  cluster.step(Number(left), { kind: "peerDisconnected", nodeId: Number(right) });
  cluster.step(Number(right), { kind: "peerDisconnected", nodeId: Number(left) });
}

function reportDropped({ cluster }: Scenario, [link = ""]: readonly string[]): void {
  const [from, to] = linkOf(link);
  cluster.step(from, { kind: "sendDropped", nodeId: to });
}

function sendSnapshot({ cluster }: Scenario, [link = ""]: readonly string[]): void {
  const [from, to] = linkOf(link);
  cluster.transferSnapshot(from, to);
}

function show(scenario: Scenario, words: readonly string[]): void {
  for (const nodeId of scenario.selected(words)) {
    const { core } = scenario.cluster.node(nodeId);
    scenario.print(core === undefined ? `${nodeId} down` : viewText(core.view));
  }
}

function showLog(scenario: Scenario, words: readonly string[]): void {
  for (const nodeId of scenario.selected(words)) {
    const { disk } = scenario.cluster.node(nodeId);
    const start = disk.purged.index > 0 ? [`purged ${logIdText(disk.purged)}`] : [];
    scenario.print(`${nodeId} [${[...start, ...disk.entries.map(entryText)].join(", ")}]`);
  }
}

function showFlight(scenario: Scenario): void {
  for (const { from, to, message } of scenario.cluster.flight) scenario.print(`${from}->${to} ${messageText(message)}`);
}

function runQuietly(scenario: Scenario, [verb = "", ...words]: readonly string[]): void {
  const step = steps.get(verb);
  assert(step !== undefined, `a scenario has no step "${verb}"`);
  step(scenario, words);
  scenario.silence();
}

/** `1->2`, a message kind, or both; nothing means everything. */
function envelopeFilter(words: readonly string[]): (envelope: Envelope) => boolean {
  const link = words.find((word) => word.includes("->"));
  const kind = words.find((word) => !word.includes("->"));
  const [from, to] = link === undefined ? [undefined, undefined] : linkOf(link);
  return (envelope) =>
    (from === undefined || Number.isNaN(from) || envelope.from === from) &&
    (to === undefined || Number.isNaN(to) || envelope.to === to) &&
    (kind === undefined || envelope.message.kind === kind);
}

/** `1->2`; `*` stands for every node. */
function linkOf(word: string): readonly [NodeId, NodeId] {
  const [from = "", to = ""] = word.split("->");
  return [from === "*" ? Number.NaN : Number(from), to === "*" ? Number.NaN : Number(to)];
}

function optionOf(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

function numbersOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(",").map(Number);
}
