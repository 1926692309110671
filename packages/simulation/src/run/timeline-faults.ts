import type { PlannedFault } from "../faults/fault-plan.ts";
import type { TimelineFacts } from "./timeline-facts.ts";
import { packRows, type Lane, type Mark, type Span } from "./timeline-lane.ts";
import { seconds, type TimelineScale } from "./timeline-scale.ts";
import { byNumber } from "./timeline-text.ts";
import type { TraceLine } from "./trace.ts";

/** One fault that really struck, from its line to its end. */
export interface Stroke {
  readonly name: string;
  readonly text: string;
  readonly fromUs: number;
  /** The same as `fromUs`: it was a moment. */
  readonly toUs: number;
  /** Names of the nodes that it hits. */
  readonly nodes: readonly string[];
  readonly isCut: boolean;
}

export interface FaultFate {
  readonly strokes: readonly Stroke[];
  /** When everything that was still broken was mended at once. No line says it: this is as near as the rest tells. */
  readonly healedUs: number | undefined;
}

const ROW_HEIGHT = 17;
const CUTS = new Set(["isolate-node", "isolate-leader", "split-cluster", "one-way-cut", "bridge"]);
/** Of these nothing is left when they have struck. Without a plan their names must say so. */
const MOMENTS = new Set([
  "kill-client",
  "reset-connections",
  "clock-jump",
  "bit-rot",
  "machine-loss",
  "transfer-leadership",
  "take-snapshot",
  "change-membership",
]);
/** What breaks the cluster when everything else is mended. */
const AFTER_HEALING = "minority";

export function fateOf(lines: readonly TraceLine[], endUs: number, facts: TimelineFacts): FaultFate {
  const faults = lines.filter(({ kind }) => kind === "fault");
  const healedUs = healingOf(lines, endUs, facts);
  const open: TraceLine[] = [];
  const strokes: Stroke[] = [];
  for (const line of faults) {
    if (line.text !== "ends") {
      open.push(line);
      continue;
    }
    const begun = takeBegun(open, line, facts.plan);
    if (begun !== undefined) strokes.push(strokeOf(begun, line.atUs));
  }
  // What ended with the general healing has no line of its own for it.
  for (const line of open) {
    const isMoment = durationOf(line, facts.plan) === 0;
    const lastUs = line.who === AFTER_HEALING ? endUs : (healedUs ?? endUs);
    strokes.push(strokeOf(line, isMoment ? line.atUs : Math.max(line.atUs, lastUs)));
  }
  return { strokes: strokes.toSorted((left, right) => left.fromUs - right.fromUs), healedUs };
}

/**
 * The stroke whose planned duration is over just now. Without a plan it is the first of its kind: strokes of one kind
 * that overlap may then have each other's ends.
 */
function takeBegun(
  open: TraceLine[],
  { who, atUs }: TraceLine,
  plan: readonly PlannedFault[] | undefined,
): TraceLine | undefined {
  const isPlanned = (line: TraceLine): boolean => line.atUs + (durationOf(line, plan) ?? -1) === atUs;
  const exact = open.findIndex((line) => line.who === who && isPlanned(line));
  const mayEnd = (line: TraceLine): boolean => line.who === who && durationOf(line, plan) !== 0;
  const position = exact >= 0 ? exact : open.findIndex(mayEnd);
  return position < 0 ? undefined : open.splice(position, 1)[0];
}

function durationOf({ who, atUs }: TraceLine, plan: readonly PlannedFault[] | undefined): number | undefined {
  if (MOMENTS.has(who)) return 0;
  const planned = plan?.find(({ name, atMs }) => name === who && atMs * 1_000 === atUs);
  return planned && planned.durationMs * 1_000;
}

function healingOf(lines: readonly TraceLine[], endUs: number, { plan, chaosMs }: TimelineFacts): number | undefined {
  const afterUs = lines.find(({ kind, who }) => kind === "fault" && who === AFTER_HEALING)?.atUs;
  if (chaosMs === undefined) return afterUs;
  // Clients begin when the cluster is founded, which its first leader completes.
  const foundedUs = lines.find(({ kind, text }) => kind === "role" && text.startsWith("leader"))?.atUs ?? 0;
  const lastUs = (plan ?? []).reduce((last, { atMs }) => Math.max(last, atMs * 1_000), foundedUs + chaosMs * 1_000);
  const healedUs = Math.min(lastUs, afterUs ?? Infinity);
  return healedUs >= endUs ? undefined : healedUs;
}

function strokeOf({ who, text, atUs }: TraceLine, toUs: number): Stroke {
  const isCut = CUTS.has(who);
  return { name: who, text, fromUs: atUs, toUs, isCut, nodes: nodesOf(who, text) };
}

/** Of two sides that do not reach each other the one with fewer nodes is cut off; of equal ones, both. */
function nodesOf(name: string, text: string): readonly string[] {
  if (name === "one-way-cut") return nodesIn(text).slice(0, 1);
  if (name === "split-cluster") return smallerSide(text.split(" | "));
  if (name === "bridge") return smallerSide(sidesOfBridge(text));
  return nodesIn(text);
}

function nodesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\b(?:peer-|node )(\d+)/g)].map(([, nodeId]) => `node ${nodeId}`))];
}

function smallerSide([left = "", right = ""]: readonly string[]): readonly string[] {
  const sides = [nodesIn(left), nodesIn(right)] as const;
  if (sides[0].length === sides[1].length) return sides.flat();
  return sides[0].length < sides[1].length ? sides[0] : sides[1];
}

function sidesOfBridge(text: string): readonly string[] {
  return (text.split(" meet at ")[0] ?? "").split(" and ");
}

export function faultLanes(strokes: readonly Stroke[], scale: TimelineScale): readonly Lane[] {
  const names = [...new Set(strokes.map(({ name }) => name))].sort(byNumber);
  return names.map((name) => {
    const own = strokes.filter((stroke) => stroke.name === name);
    const lasting = own.filter(({ fromUs, toUs }) => toUs > fromUs);
    const moments = own.filter(({ fromUs, toUs }) => toUs === fromUs);
    return { name, hasGround: false, rows: packRows(lasting.map(barOf), moments.map(markOf), ROW_HEIGHT, scale) };
  });
}

function barOf({ fromUs, toUs, text, name }: Stroke): Span {
  const tip = `${seconds(fromUs)} to ${seconds(toUs)}: ${name}, ${text}`;
  return { fromUs, toUs, look: "fault", label: text, labelPlace: "anywhere", tip };
}

function markOf({ fromUs, text }: Stroke): Mark {
  return { atUs: fromUs, look: "moment", sign: "", tip: `${seconds(fromUs)}: ${text}` };
}
