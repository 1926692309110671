import { assert, AssertionFailure, type Membership, type NodeId } from "@aspenjs/api";
import type { RaftConfig } from "../core/config.ts";
import {
  createNodeRandom,
  nodeRecord,
  ScenarioCluster,
  type EffectObserver,
  type Envelope,
} from "./scenario-cluster.ts";
import { effectText, entryText, logIdText, membershipText, messageText, viewText } from "./scenario-text.ts";

/**
 * Runs a scenario text: comments start with `#`, steps with `> `, and below each step stand the effects it must have.
 * `replay` returns the text with the effects that it really had, so that a test compares two texts and an author
 * updates one.
 *
 * Nodes: `cluster 3 [heartbeatTicks=…] [lease=10]` starts voters 1 to 3 · `nodes 4 [learners=4] …` only prepares them ·
 * `preset 1 term=3 vote=2 log=1,1,2` gives one a history (entry 1 is the membership) · `start 1 2` · `node 4` starts one
 * that knows nothing · `draws 1 5 3` its next random draws.
 * Time: `tick 1 75` one tick after the other · `pause 1 500` all of them at once · `run 100 [1 2]` a tick each, and
 * everything delivered in between.
 * Callers: `campaign 1` · `bootstrap 1 voters=1,2,3` · `propose 1 a b` · `change 1 voters=1,2,4 [learners=3]` ·
 * `transfer 1 [to=2]` · `read 1 [lease]` · `gather 1` … `release 1` events in between become one step.
 * Disk: `sync 1 [count]` · `stall 1` · `unstall 1` · `apply 1` · `flush 1` the state machine syncs · `crash 1` ·
 * `power-cut 1` takes the unflushed state too · `restart 1` · `erase 3` · `unreadable 1`.
 * Network: `deliver [1->2] [kind] [nth=2]`, and the same for `drop`, `repeat` (delivers and keeps a copy), `delay`
 * and, later, `arrive` · `cut 1->2 1<->3` · `isolate 3` · `heal` · `disconnect 1 2` · `dropped 1->2` · `settle`.
 * Snapshots: `send-snapshot 1->4`, or in parts `offer-snapshot 1->4`, `install-snapshot 1->4`, `finish-snapshot 1->4`.
 * Looking: `show [1 2]` · `log [1 2]` · `members [1 2]` · `flight` · `quiet …` runs a step without its effects.
 */
export function replay(text: string, observe: EffectObserver = () => {}): string {
  const scenario = new Scenario(observe);
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
  readonly #draws = new Map<NodeId, number[]>();
  membership: Membership = { voters: [], outgoingVoters: [], learners: [], nodes: [] };
  /** Messages that are late. */
  delayed: Envelope[] = [];
  readonly cluster: ScenarioCluster;

  constructor(observe: EffectObserver) {
    this.cluster = new ScenarioCluster((nodeId, effect) => {
      this.print(`${nodeId}: ${effectText(effect)}`);
      observe(nodeId, effect);
    });
  }

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

  configure(words: readonly string[]): void {
    const numbers = words.filter((word) => /Ticks|Max|Min/u.test(word) && word.includes("="));
    const lease = optionOf(words, "lease");
    const overrides: Record<string, number> = {};
    for (const word of numbers) overrides[word.slice(0, word.indexOf("="))] = Number(word.slice(word.indexOf("=") + 1));
    this.#config = {
      ...overrides,
      ...(lease === undefined ? {} : { lease: { kind: "enabled", driftTicks: Number(lease) } }),
    };
  }

  addNode(nodeId: NodeId): void {
    const draws: number[] = [];
    this.#draws.set(nodeId, draws);
    this.cluster.addNode(nodeId, this.#config, createNodeRandom(nodeId, draws));
  }

  draw(nodeId: NodeId, draws: readonly number[]): void {
    this.#draws.get(nodeId)?.push(...draws);
  }

  selected(words: readonly string[]): readonly NodeId[] {
    const ids = words.map(Number);
    return ids.length > 0 ? ids : [...this.cluster.nodes.keys()];
  }

  /** Takes the messages that the words select; says so when there are none, for then the author is mistaken. */
  take(words: readonly string[]): readonly Envelope[] {
    const nth = Number(optionOf(words, "nth") ?? "0");
    const matches = envelopeFilter(words.filter((word) => !word.includes("=")));
    let count = 0;
    const taken = this.cluster.take((envelope) => {
      if (!matches(envelope)) return false;
      count += 1;
      return nth === 0 || nth === count;
    });
    if (taken.length === 0) this.print("no such message");
    return taken;
  }

  receive(envelopes: readonly Envelope[]): void {
    for (const { from, to, message } of envelopes) this.cluster.step(to, { kind: "receive", from, message });
  }
}

/** A step for each node that is named. */
function forEachNode(act: (scenario: Scenario, nodeId: NodeId) => void): Step {
  return (scenario, words) => words.forEach((word) => act(scenario, Number(word)));
}

/** A step for a link such as `1->4`. */
function forLink(act: (cluster: ScenarioCluster, from: NodeId, to: NodeId) => void): Step {
  return ({ cluster }, [word = ""]) => act(cluster, ...linkOf(word));
}

const steps: ReadonlyMap<string, Step> = new Map<string, Step>([
  ["cluster", startCluster],
  ["nodes", prepareNodes],
  ["node", forEachNode(startEmptyNode)],
  ["preset", presetNode],
  ["start", forEachNode(({ cluster }, nodeId) => cluster.start(nodeId))],
  ["draws", (scenario, [nodeId, ...draws]) => scenario.draw(Number(nodeId), draws.map(Number))],
  ["tick", (scenario, [nodeId, ticks]) => tick(scenario, Number(nodeId), Number(ticks))],
  ["pause", pause],
  ["run", runTicks],
  ["campaign", forEachNode(({ cluster }, nodeId) => void cluster.step(nodeId, { kind: "campaign" }))],
  ["bootstrap", bootstrapNode],
  ["propose", propose],
  ["change", changeMembership],
  ["transfer", transferLeadership],
  ["read", readIndex],
  ["gather", forEachNode(({ cluster }, nodeId) => cluster.gather(nodeId))],
  ["release", forEachNode(({ cluster }, nodeId) => void cluster.release(nodeId))],
  ["sync", ({ cluster }, [nodeId, count]) => cluster.sync(Number(nodeId), Number(count ?? "1000000"))],
  ["stall", forEachNode(({ cluster }, nodeId) => setStalled(cluster, nodeId, true))],
  ["unstall", forEachNode(({ cluster }, nodeId) => setStalled(cluster, nodeId, false))],
  ["apply", forEachNode(({ cluster }, nodeId) => cluster.apply(nodeId))],
  ["flush", forEachNode(({ cluster }, nodeId) => cluster.flush(nodeId))],
  ["crash", forEachNode(({ cluster }, nodeId) => cluster.crash(nodeId))],
  ["power-cut", forEachNode(({ cluster }, nodeId) => cluster.crash(nodeId, "unflushed"))],
  ["restart", forEachNode(({ cluster }, nodeId) => cluster.start(nodeId))],
  ["erase", forEachNode(({ cluster }, nodeId) => cluster.erase(nodeId))],
  ["unreadable", forEachNode(({ cluster }, nodeId) => setUnreadable(cluster, nodeId))],
  ["deliver", (scenario, words) => scenario.receive(scenario.take(words))],
  ["drop", (scenario, words) => void scenario.take(words)],
  ["repeat", repeatDelivery],
  ["delay", (scenario, words) => void scenario.delayed.push(...scenario.take(words))],
  ["arrive", arrive],
  ["cut", (scenario, words) => words.forEach((word) => cutLink(scenario, word))],
  ["isolate", forEachNode(isolate)],
  ["heal", ({ cluster }) => cluster.heal()],
  ["disconnect", disconnect],
  ["dropped", forLink((cluster, from, to) => void cluster.step(from, { kind: "sendDropped", nodeId: to }))],
  ["settle", ({ cluster }) => cluster.settle()],
  ["send-snapshot", forLink((cluster, from, to) => cluster.transferSnapshot(from, to))],
  ["offer-snapshot", forLink((cluster, from, to) => cluster.offerSnapshot(from, to))],
  ["install-snapshot", forLink((cluster, from, to) => cluster.installSnapshot(from, to))],
  ["finish-snapshot", forLink((cluster, from, to) => cluster.finishSnapshot(from, to))],
  ["show", show],
  ["log", showLog],
  ["members", showMembers],
  ["flight", showFlight],
  ["quiet", runQuietly],
]);

function startCluster(scenario: Scenario, words: readonly string[]): void {
  prepareNodes(scenario, words);
  for (const nodeId of scenario.cluster.nodes.keys()) {
    scenario.cluster.preset(nodeId, 0, undefined, [], scenario.membership);
    scenario.cluster.start(nodeId);
  }
}

function prepareNodes(scenario: Scenario, [count = "", ...words]: readonly string[]): void {
  scenario.configure(words);
  const nodeIds = Array.from({ length: Number(count) }, (_, position) => position + 1);
  const learners = numbersOf(optionOf(words, "learners") ?? "");
  const voters = nodeIds.filter((nodeId) => !learners.includes(nodeId));
  scenario.membership = { voters, outgoingVoters: [], learners, nodes: nodeIds.map(nodeRecord) };
  for (const nodeId of nodeIds) scenario.addNode(nodeId);
}

function startEmptyNode(scenario: Scenario, nodeId: NodeId): void {
  scenario.addNode(nodeId);
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

/** A process that stood still learns afterwards how long. */
function pause({ cluster }: Scenario, [nodeId, ticks]: readonly string[]): void {
  cluster.step(Number(nodeId), { kind: "tick", elapsedTicks: Number(ticks) });
}

function runTicks(scenario: Scenario, [ticks, ...words]: readonly string[]): void {
  const nodeIds = scenario.selected(words);
  for (let count = 0; count < Number(ticks); count += 1) {
    for (const nodeId of nodeIds) tick(scenario, nodeId, 1);
    scenario.cluster.settle();
  }
}

function setStalled(cluster: ScenarioCluster, nodeId: NodeId, isStalled: boolean): void {
  cluster.node(nodeId).isStalled = isStalled;
}

function setUnreadable(cluster: ScenarioCluster, nodeId: NodeId): void {
  cluster.node(nodeId).disk.isUnreadable = true;
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

function repeatDelivery(scenario: Scenario, words: readonly string[]): void {
  const copies = scenario.take(words);
  scenario.receive(copies);
  scenario.cluster.launchAgain(copies);
}

function arrive(scenario: Scenario, words: readonly string[]): void {
  const matches = envelopeFilter(words);
  const arriving = scenario.delayed.filter(matches);
  scenario.delayed = scenario.delayed.filter((envelope) => !matches(envelope));
  if (arriving.length === 0) scenario.print("no such message");
  scenario.receive(arriving);
}

function cutLink({ cluster }: Scenario, word: string): void {
  if (!word.includes("<->")) return cluster.cut(...linkOf(word));
  const [left, right] = linkOf(word.replace("<->", "->"));
  cluster.cut(left, right);
  cluster.cut(right, left);
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

function show(scenario: Scenario, words: readonly string[]): void {
  for (const nodeId of scenario.selected(words)) {
    const { core, isHalted } = scenario.cluster.node(nodeId);
    const state = core === undefined ? `${nodeId} down` : viewText(core.view);
    scenario.print(isHalted ? `${state} halted` : state);
  }
}

function showLog(scenario: Scenario, words: readonly string[]): void {
  for (const nodeId of scenario.selected(words)) {
    const { disk } = scenario.cluster.node(nodeId);
    const start = disk.purged.index > 0 ? [`purged ${logIdText(disk.purged)}`] : [];
    scenario.print(`${nodeId} [${[...start, ...disk.entries.map(entryText)].join(", ")}]`);
  }
}

function showMembers(scenario: Scenario, words: readonly string[]): void {
  for (const nodeId of scenario.selected(words)) {
    const view = scenario.cluster.node(nodeId).core?.view;
    if (view === undefined) scenario.print(`${nodeId} down`);
    else scenario.print(`${nodeId} ${logIdText(view.membership.logId)} ${membershipText(view.membership.membership)}`);
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
  const [from, to] = link === undefined ? [Number.NaN, Number.NaN] : linkOf(link);
  return (envelope) =>
    (Number.isNaN(from) || envelope.from === from) &&
    (Number.isNaN(to) || envelope.to === to) &&
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
