import type { TimelineScale } from "./timeline-scale.ts";
import { escapeText, shortened } from "./timeline-text.ts";

/** Something that lasted. */
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
  /** A class of the style. */
  readonly look: string;
  /** Written into the bar if it has room, or from where it begins on. */
  readonly label: string;
  readonly labelPlace: "inside" | "anywhere";
  /** What hovering over it shows. */
  readonly tip: string;
}

/** Something that happened. */
export interface Mark {
  readonly atUs: number;
  readonly look: string;
  /** A character or two; nothing for a line across the row. */
  readonly sign: string;
  readonly tip: string;
}

export interface Row {
  readonly height: number;
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
}

export interface Lane {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Whether a dotted line shows where the lane is empty. */
  readonly hasGround: boolean;
}

const CHARACTER_WIDTH = 5.6;
const LABEL_CHARACTERS_MAX = 60;
const LANE_GAP = 5;
const BAR_WIDTH_MIN = 1.5;

export function drawLane({ name, rows, hasGround }: Lane, top: number, scale: TimelineScale): DrawnLane {
  const [startX, endX] = [scale.xOf(0), scale.xOf(scale.endUs)];
  const firstHeight = rows[0]?.height ?? 0;
  const middle = top + firstHeight / 2;
  const parts = [`<text x="0" y="${middle + 4}" font-size="11">${escapeText(name)}</text>`];
  if (hasGround) parts.push(`<line class="ground" x1="${startX}" x2="${endX}" y1="${middle}" y2="${middle}"/>`);
  let y = top;
  for (const { height, spans, marks } of rows) {
    for (const span of spans) parts.push(spanSvg(span, y, height, scale));
    for (const mark of marks) parts.push(markSvg(mark, y, height, scale));
    y += height;
  }
  parts.push(`<line class="edge" x1="0" x2="${endX}" y1="${y + LANE_GAP / 2}" y2="${y + LANE_GAP / 2}"/>`);
  return { svg: parts.join(""), height: y - top + LANE_GAP };
}

export interface DrawnLane {
  readonly svg: string;
  readonly height: number;
}

/** As few rows as hold everything without one thing on top of another, labels included. */
export function packRows(
  spans: readonly Span[],
  marks: readonly Mark[],
  height: number,
  scale: TimelineScale,
): readonly Row[] {
  const rows: { endX: number; readonly spans: Span[]; readonly marks: Mark[] }[] = [];
  const rowFrom = (fromX: number, toX: number) => {
    let row = rows.find(({ endX }) => endX <= fromX);
    if (row === undefined) rows.push((row = { endX: toX, spans: [], marks: [] }));
    row.endX = toX;
    return row;
  };
  const items = [
    ...spans.map((span) => ({ atUs: span.fromUs, span, mark: undefined })),
    ...marks.map((mark) => ({ atUs: mark.atUs, span: undefined, mark })),
  ].toSorted((left, right) => left.atUs - right.atUs);
  for (const { span, mark } of items) {
    if (span !== undefined) rowFrom(...extentOf(span, scale)).spans.push(span);
    else rowFrom(scale.xOf(mark.atUs) - 1, scale.xOf(mark.atUs) + 3).marks.push(mark);
  }
  if (rows.length === 0) return [{ height, spans: [], marks: [] }];
  return rows.map((row) => ({ height, spans: row.spans, marks: row.marks }));
}

function extentOf(span: Span, scale: TimelineScale): [fromX: number, toX: number] {
  const [fromX, toX] = [scale.xOf(span.fromUs), Math.max(scale.xOf(span.toUs), scale.xOf(span.fromUs) + BAR_WIDTH_MIN)];
  if (span.labelPlace === "inside") return [fromX, toX];
  const label = labelOf(span, scale);
  return [Math.min(fromX, label.x), Math.max(toX + 2, label.x + label.width)];
}

/** Where a label stands that need not fit into its bar: from the bar's start, or further left at the page's edge. */
function labelOf({ label, fromUs }: Span, scale: TimelineScale): { text: string; x: number; width: number } {
  const text = shortened(label, LABEL_CHARACTERS_MAX);
  const width = text.length * CHARACTER_WIDTH + 6;
  return { text, width, x: Math.min(scale.xOf(fromUs) + 3, scale.width - width) };
}

function spanSvg(span: Span, y: number, rowHeight: number, scale: TimelineScale): string {
  const { look, tip } = span;
  const x = scale.xOf(span.fromUs);
  const width = Math.round(Math.max(BAR_WIDTH_MIN, scale.xOf(span.toUs) - x) * 10) / 10;
  const isBeside = span.labelPlace === "anywhere";
  // A label that may run over the end of its bar is read better above it.
  const barHeight = isBeside ? 5 : rowHeight - 2;
  const barY = isBeside ? y + rowHeight - 7 : y + 1;
  const rect = `<rect class="${look}" x="${x}" y="${barY}" width="${width}" height="${barHeight}"/>`;
  const title = `<title>${escapeText(tip)}</title>`;
  if (isBeside) {
    const label = labelOf(span, scale);
    return `<g>${title}${rect}<text x="${label.x}" y="${barY - 2}">${escapeText(label.text)}</text></g>`;
  }
  const room = Math.floor((width - 4) / CHARACTER_WIDTH);
  const text = span.label.length <= room ? span.label : room >= 6 ? shortened(span.label, room) : "";
  const label = text === "" ? "" : `<text x="${x + 2}" y="${y + rowHeight / 2 + 3.5}">${escapeText(text)}</text>`;
  return `<g>${title}${rect}${label}</g>`;
}

function markSvg({ atUs, look, sign, tip }: Mark, y: number, rowHeight: number, scale: TimelineScale): string {
  const x = scale.xOf(atUs);
  const title = `<title>${escapeText(tip)}</title>`;
  if (sign === "") {
    return `<g>${title}<line class="${look}" x1="${x}" x2="${x}" y1="${y + 1}" y2="${y + rowHeight - 1}"/></g>`;
  }
  return `<g>${title}<text class="mark ${look}" x="${x - 2}" y="${y + rowHeight / 2 + 4}">${escapeText(sign)}</text></g>`;
}
