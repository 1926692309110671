import { callLanes } from "./timeline-calls.ts";
import type { TimelineFacts } from "./timeline-facts.ts";
import { faultLanes, fateOf } from "./timeline-faults.ts";
import { drawLane } from "./timeline-lane.ts";
import { nodeLanes } from "./timeline-nodes.ts";
import { seconds, TimelineScale } from "./timeline-scale.ts";
import { HATCHES, legendHtml, TIMELINE_STYLE } from "./timeline-style.ts";
import { escapeText } from "./timeline-text.ts";
import type { TraceLine } from "./trace.ts";

const AXIS_HEIGHT = 22;

/** One run as a page that needs nothing else: who led, who was cut off, what was lost, who asked, and the verdict. */
export function renderTimeline(title: string, lines: readonly TraceLine[], facts: TimelineFacts = {}): string {
  const scale = new TimelineScale(lines.reduce((end, { atUs }) => Math.max(end, atUs), 1));
  const faults = fateOf(lines, scale.endUs, facts);
  const lanes = [
    ...nodeLanes(lines, faults, scale),
    ...faultLanes(faults.strokes, scale),
    ...callLanes(lines, faults.strokes, scale),
  ];
  const parts: string[] = [];
  let y = AXIS_HEIGHT;
  for (const lane of lanes) {
    const drawn = drawLane(lane, y, scale);
    parts.push(drawn.svg);
    y += drawn.height;
  }
  const height = y + AXIS_HEIGHT;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<title>${escapeText(title)}</title>
<style>${TIMELINE_STYLE}</style></head><body>
<h1>${escapeText(title)}</h1>
${verdictHtml(lines, facts)}
<p class="facts">${factTexts(facts).join(" ")}</p>
<p class="legend">${legendHtml()}</p>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${scale.width} ${height}" width="100%" font-size="10">
${HATCHES}
${scale.ticksSvg(AXIS_HEIGHT, y)}
${healingSvg(faults.healedUs, scale, y)}
${parts.join("\n")}
${verdictSvg(lines, scale, y)}
</svg>
<pre>${lines.map((line) => escapeText(`${seconds(line.atUs)} ${line.who} ${line.kind} ${line.text}`)).join("\n")}</pre>
</body></html>
`;
}

function verdictHtml(lines: readonly TraceLine[], { violation }: TimelineFacts): string {
  const line = lines.find(({ kind }) => kind === "verdict");
  const found = violation ?? (line && { checker: line.who, message: line.text, atUs: line.atUs });
  if (found === undefined) return `<p class="well">Nothing was found wrong.</p>`;
  const text = `${found.checker} after ${seconds(found.atUs)}: ${found.message}`;
  return `<pre class="verdict">${escapeText(text)}</pre>`;
}

function factTexts({ seed, reproduce }: TimelineFacts): readonly string[] {
  const texts: string[] = [];
  if (seed !== undefined) texts.push(`Seed <b>${seed}</b>.`);
  if (reproduce !== undefined) texts.push(`Again: <code>${escapeText(reproduce)}</code>`);
  return texts;
}

function healingSvg(healedUs: number | undefined, scale: TimelineScale, bottom: number): string {
  if (healedUs === undefined) return "";
  const x = scale.xOf(healedUs);
  const tip = `${seconds(healedUs)}, as far as the trace tells: no more faults and calls, everything is mended`;
  return `<line class="healing" x1="${x}" x2="${x}" y1="${AXIS_HEIGHT}" y2="${bottom}"><title>${tip}</title></line>`;
}

function verdictSvg(lines: readonly TraceLine[], scale: TimelineScale, bottom: number): string {
  const verdict = lines.find(({ kind }) => kind === "verdict");
  if (verdict === undefined) return "";
  const x = scale.xOf(verdict.atUs);
  const tip = escapeText(`${verdict.who}: ${verdict.text}`);
  return `<line class="found" x1="${x}" x2="${x}" y1="${AXIS_HEIGHT}" y2="${bottom}"><title>${tip}</title></line>`;
}
