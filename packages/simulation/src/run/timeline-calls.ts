import type { Stroke } from "./timeline-faults.ts";
import { packRows, type Lane, type Mark, type Span } from "./timeline-lane.ts";
import { seconds, type TimelineScale } from "./timeline-scale.ts";
import { byNumber } from "./timeline-text.ts";
import type { TraceLine } from "./trace.ts";

interface TracedCall {
  readonly client: string;
  /** Kind, key, whatever the trace has. */
  readonly what: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly came: string;
}

const ROW_HEIGHT = 13;
/** So many short calls that there is no room for words. */
const BURST_ROW_HEIGHT = 5;
const OPERATOR_HEIGHT = 16;
/** A fault that lets clients of its own loose, which call without a pause for as long as this. */
const BURST_FAULT = "isolate-leader";
const BURST_US_MAX = 2_200_000;

/** What the operator did, a lane for each client, and one for all the clients that came with a fault. */
export function callLanes(
  lines: readonly TraceLine[],
  strokes: readonly Stroke[],
  scale: TimelineScale,
): readonly Lane[] {
  const calls = lines.flatMap((line) => (line.kind === "call" ? [readCall(line)] : []));
  const operated = lines.filter(({ kind }) => kind === "operator").map(errandMark);
  const lanes: Lane[] = [];
  if (operated.length > 0) {
    const rows = [{ height: OPERATOR_HEIGHT, spans: [], marks: operated }];
    lanes.push({ name: "operator", hasGround: true, rows });
  }
  const byClient = Map.groupBy(calls, ({ client }) => client);
  const bursts: TracedCall[] = [];
  for (const name of [...byClient.keys()].sort(byNumber)) {
    const own = byClient.get(name) ?? [];
    if (isBurst(own, strokes)) bursts.push(...own);
    else lanes.push({ name, hasGround: false, rows: packRows(own.map(callSpan), [], ROW_HEIGHT, scale) });
  }
  if (bursts.length > 0) {
    const count = new Set(bursts.map(({ client }) => client)).size;
    const rows = packRows(bursts.map(callSpan), [], BURST_ROW_HEIGHT, scale);
    lanes.push({ name: `${count} clients of bursts`, hasGround: false, rows });
  }
  return lanes;
}

/** All of its calls fall into the short time after a leader was cut off; so do those of a client that died at once. */
function isBurst(calls: readonly TracedCall[], strokes: readonly Stroke[]): boolean {
  const fromUs = calls.reduce((first, call) => Math.min(first, call.fromUs), Infinity);
  const lastUs = calls.reduce((last, call) => Math.max(last, call.fromUs), 0);
  return strokes.some(({ name, fromUs: atUs }) => {
    return name === BURST_FAULT && fromUs >= atUs && lastUs <= atUs + BURST_US_MAX;
  });
}

/** `set, asked at 17: revision 3` */
function readCall({ who, text, atUs }: TraceLine): TracedCall {
  const read = /^(.*), asked at (\d+): (.*)$/s.exec(text);
  if (read === null) return { client: who, what: text, fromUs: atUs, toUs: atUs, came: "" };
  const [, what = "", asked = "", came = ""] = read;
  return { client: who, what, fromUs: Math.min(atUs, Number(asked)), toUs: atUs, came };
}

function callSpan({ client, what, fromUs, toUs, came }: TracedCall): Span {
  const look = came.startsWith("unknown") ? "unknown" : came.startsWith("refused") ? "turnedDown" : "answered";
  const tip = `${client}, ${seconds(fromUs)} to ${seconds(toUs)}: ${what}: ${came}`;
  return { fromUs, toUs, look, label: what, labelPlace: "inside", tip };
}

function errandMark({ atUs, text }: TraceLine): Mark {
  return {
    atUs,
    look: text.endsWith(": done") ? "errand" : "refusedErrand",
    sign: "◆",
    tip: `${seconds(atUs)}: ${text}`,
  };
}
