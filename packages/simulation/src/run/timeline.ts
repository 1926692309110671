import type { TraceLine } from "./trace.ts";

/** Something that lasted. */
interface Bar {
  readonly fromUs: number;
  readonly toUs: number;
  readonly kind: string;
  readonly text: string;
}

interface Lane {
  readonly name: string;
  readonly bars: readonly Bar[];
  readonly marks: readonly TraceLine[];
}

const WIDTH = 1_600;
const LABEL_WIDTH = 150;
const LANE_HEIGHT = 22;

const COLOURS: Readonly<Record<string, string>> = {
  leader: "#2f855a",
  follower: "#a0c4e8",
  learner: "#cbd5e0",
  preCandidate: "#f6c453",
  candidate: "#ed8936",
  down: "#1a202c",
  paused: "#805ad5",
  fault: "#e57373",
};

/** One run as a page that needs nothing else: a lane for each node and each kind of fault, the calls, the verdict. */
export function renderTimeline(title: string, lines: readonly TraceLine[]): string {
  const endUs = Math.max(1, ...lines.map(({ atUs }) => atUs));
  const lanes = [...nodeLanes(lines, endUs), ...faultLanes(lines, endUs), ...clientLanes(lines)];
  const height = (lanes.length + 2) * LANE_HEIGHT;
  const rows = lanes.map((lane, row) => laneSvg(lane, row, endUs)).join("\n");
  const legend = Object.entries(COLOURS)
    .map(([name, colour]) => `<span><i style="background:${colour}"></i>${name}</span>`)
    .join(" ");
  return `<!doctype html>
<meta charset="utf-8">
<title>${escapeText(title)}</title>
<style>
body { font: 13px system-ui, sans-serif; margin: 16px; }
i { display: inline-block; width: 12px; height: 12px; margin: 0 4px 0 12px; }
pre { font-size: 11px; max-height: 50vh; overflow: auto; }
</style>
<h1>${escapeText(title)}</h1>
<p>${legend}</p>
<svg width="${LABEL_WIDTH + WIDTH}" height="${height}" font-size="11">
${rows}
${verdictSvg(lines, endUs, height)}
${axisSvg(endUs, height)}
</svg>
<pre>${lines.map((line) => escapeText(`${seconds(line.atUs)} ${line.who} ${line.kind} ${line.text}`)).join("\n")}</pre>
`;
}

function nodeLanes(lines: readonly TraceLine[], endUs: number): readonly Lane[] {
  const names = [...new Set(lines.filter(({ kind }) => kind === "life").map(({ who }) => who))].sort(byNumber);
  return names.map((name) => {
    const own = lines.filter(({ who, kind }) => who === name && (kind === "life" || kind === "role"));
    const bars: Bar[] = [];
    let role = "follower";
    let state = "down";
    let sinceUs = 0;
    let text = "not started";
    for (const line of own) {
      bars.push({ fromUs: sinceUs, toUs: line.atUs, kind: state, text });
      sinceUs = line.atUs;
      text = line.text;
      if (line.kind === "role") role = line.text.slice(0, line.text.indexOf(","));
      state = line.kind === "role" ? role : stateAfter(line.text, role);
    }
    bars.push({ fromUs: sinceUs, toUs: endUs, kind: state, text });
    return { name, bars, marks: [] };
  });
}

function stateAfter(text: string, role: string): string {
  if (text.startsWith("starts")) return "follower";
  if (text === "stands still") return "paused";
  return text === "goes on" ? role : "down";
}

function faultLanes(lines: readonly TraceLine[], endUs: number): readonly Lane[] {
  const faults = lines.filter(({ kind }) => kind === "fault");
  const names = [...new Set(faults.map(({ who }) => who))].sort();
  return names.map((name) => {
    const bars: Bar[] = [];
    const open: TraceLine[] = [];
    for (const line of faults.filter(({ who }) => who === name)) {
      if (line.text !== "ends") open.push(line);
      else {
        const begun = open.shift();
        if (begun !== undefined) bars.push({ fromUs: begun.atUs, toUs: line.atUs, kind: "fault", text: begun.text });
      }
    }
    // What never ended lasted a moment, or until everything was healed at once.
    for (const { atUs, text } of open) {
      bars.push({ fromUs: atUs, toUs: Math.min(endUs, atUs + endUs / 400), kind: "fault", text });
    }
    return { name, bars, marks: [] };
  });
}

function clientLanes(lines: readonly TraceLine[]): readonly Lane[] {
  const calls = lines.filter(({ kind }) => kind === "call" || kind === "operator");
  const names = [...new Set(calls.map(({ who }) => who))].sort(byNumber);
  return names.map((name) => ({ name, bars: [], marks: calls.filter(({ who }) => who === name) }));
}

function laneSvg({ name, bars, marks }: Lane, row: number, endUs: number): string {
  const y = row * LANE_HEIGHT;
  const rects = bars
    .filter(({ fromUs, toUs }) => toUs > fromUs)
    .map(({ fromUs, toUs, kind, text }) => {
      const width = Math.max(1, scaled(toUs - fromUs, endUs));
      const tip = escapeText(`${seconds(fromUs)} to ${seconds(toUs)}: ${kind}, ${text}`);
      const place = `x="${LABEL_WIDTH + scaled(fromUs, endUs)}" y="${y + 3}" width="${width}" height="${LANE_HEIGHT - 6}"`;
      return `<rect ${place} fill="${COLOURS[kind] ?? "#999"}"><title>${tip}</title></rect>`;
    });
  const circles = marks.map(({ atUs, text }) => {
    const colour = text.includes("unknown") ? "#c53030" : text.includes("refused") ? "#ed8936" : "#4a5568";
    const place = `cx="${LABEL_WIDTH + scaled(atUs, endUs)}" cy="${y + LANE_HEIGHT / 2}" r="3"`;
    return `<circle ${place} fill="${colour}"><title>${escapeText(`${seconds(atUs)}: ${text}`)}</title></circle>`;
  });
  return `<text x="0" y="${y + 15}">${escapeText(name)}</text>${rects.join("")}${circles.join("")}`;
}

function verdictSvg(lines: readonly TraceLine[], endUs: number, height: number): string {
  const verdict = lines.find(({ kind }) => kind === "verdict");
  if (verdict === undefined) return "";
  const x = LABEL_WIDTH + scaled(verdict.atUs, endUs);
  const tip = escapeText(`${verdict.who}: ${verdict.text}`);
  return `<line x1="${x}" x2="${x}" y1="0" y2="${height}" stroke="#c53030" stroke-width="2"><title>${tip}</title></line>`;
}

function axisSvg(endUs: number, height: number): string {
  const stepUs = Math.max(1_000_000, Math.ceil(endUs / 20 / 1_000_000) * 1_000_000);
  const ticks: string[] = [];
  for (let atUs = 0; atUs <= endUs; atUs += stepUs) {
    const x = LABEL_WIDTH + scaled(atUs, endUs);
    ticks.push(`<line x1="${x}" x2="${x}" y1="0" y2="${height - 16}" stroke="#0002"/>`);
    ticks.push(`<text x="${x}" y="${height - 4}">${atUs / 1_000_000} s</text>`);
  }
  return ticks.join("");
}

function scaled(us: number, endUs: number): number {
  return Math.round((us * WIDTH * 10) / endUs) / 10;
}

function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}

function byNumber(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
