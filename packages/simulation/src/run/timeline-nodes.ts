import type { FaultFate, Stroke } from "./timeline-faults.ts";
import { packRows, type Lane, type Mark, type Span } from "./timeline-lane.ts";
import { seconds, type TimelineScale } from "./timeline-scale.ts";
import { byNumber } from "./timeline-text.ts";
import type { TraceLine } from "./trace.ts";

/** What a node was, from one line about it to the next. */
interface State {
  readonly look: string;
  readonly label: string;
  readonly text: string;
}

const STATE_HEIGHT = 20;
const STRIP_HEIGHT = 17;
const SIGNS: Readonly<Record<string, string>> = { killed: "✕", powerCut: "⚡", failed: "!", refused: "⊘" };
/** Whom they hit stands in the node's own bar: who is dead, who stands still. */
const SHOWN_AS_STATES = new Set([
  "kill-process",
  "power-cut",
  "power-cut-everywhere",
  "pause-process",
  "stall-process",
  "flood",
]);

export function nodeLanes(lines: readonly TraceLine[], { strokes }: FaultFate, scale: TimelineScale): readonly Lane[] {
  const names = [...new Set(lines.filter(({ kind }) => kind === "life").map(({ who }) => who))].sort(byNumber);
  return names.map((name) => {
    const own = lines.filter(({ who, kind }) => who === name && (kind === "life" || kind === "role"));
    const strips = strokes.filter((stroke) => isStrip(stroke) && stroke.nodes.includes(name)).map(stripOf);
    const stripRows = strips.length === 0 ? [] : packRows(strips, [], STRIP_HEIGHT, scale);
    return {
      name,
      hasGround: true,
      rows: [{ height: STATE_HEIGHT, spans: stateSpans(own, scale.endUs), marks: lossMarks(own) }, ...stripRows],
    };
  });
}

function isStrip({ name, fromUs, toUs }: Stroke): boolean {
  return toUs > fromUs && !SHOWN_AS_STATES.has(name);
}

function stripOf({ name, text, fromUs, toUs, isCut }: Stroke): Span {
  const tip = `${seconds(fromUs)} to ${seconds(toUs)}: ${name}, ${text}`;
  return { fromUs, toUs, look: isCut ? "cut" : "hampered", label: text, labelPlace: "anywhere", tip };
}

function stateSpans(lines: readonly TraceLine[], endUs: number): readonly Span[] {
  const spans: Span[] = [];
  let state: State | undefined;
  let beforePause: State | undefined;
  let sinceUs = 0;
  const close = (untilUs: number): void => {
    if (state === undefined || untilUs <= sinceUs) return;
    const tip = `${seconds(sinceUs)} to ${seconds(untilUs)}: ${state.text}`;
    spans.push({ fromUs: sinceUs, toUs: untilUs, look: state.look, label: state.label, labelPlace: "inside", tip });
  };
  for (const { atUs, kind, text } of lines) {
    const isBack = text === "goes on" && kind === "life";
    const next = kind === "role" ? roleState(text) : isBack ? (beforePause ?? lifeState(text)) : lifeState(text);
    if (next.look === "paused" && state?.look !== "paused") beforePause = state;
    if (next.text === state?.text) continue;
    close(atUs);
    state = next;
    sinceUs = atUs;
  }
  close(endUs);
  return spans;
}

/** `leader, term 3` */
function roleState(text: string): State {
  const [role = "", term = ""] = text.split(", ");
  return { look: role, label: term, text };
}

function lifeState(text: string): State {
  const look = lifeLook(text);
  // Where a life ends there is a mark, which a label would hide.
  return { look, label: look in SIGNS ? "" : text, text };
}

function lifeLook(text: string): string {
  if (text.startsWith("starts")) return "starting";
  if (text === "stands still") return "paused";
  if (text === "goes on") return "starting";
  if (text.startsWith("refuses")) return "refused";
  if (text.startsWith("fails")) return "failed";
  return text.startsWith("powerCut") ? "powerCut" : "killed";
}

/** How it died, and how many batches of writes died with it. */
function lossMarks(lines: readonly TraceLine[]): readonly Mark[] {
  return lines.flatMap(({ atUs, kind, text }): readonly Mark[] => {
    const sign = kind === "life" ? SIGNS[lifeLook(text)] : undefined;
    if (sign === undefined) return [];
    const [, kept = "0", unsynced = "0"] = /(\d+) of (\d+) unsynced/.exec(text) ?? [];
    const lost = Number(unsynced) - Number(kept);
    const tip = `${seconds(atUs)}: ${text}`;
    return [{ atUs, look: "death", sign: lost > 0 ? `${sign}−${lost}` : sign, tip }];
  });
}
