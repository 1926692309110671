import type { Model } from "./model.ts";
import { endOf, type Operation } from "./operation.ts";
import { legendHtml, PAGE_STYLE } from "./page-style.ts";
import { outputOf } from "./part-history.ts";
import { TimeWindow } from "./time-window.ts";
import type { Violation } from "./verdict.ts";
import { intervalText, violationText } from "./violation-text.ts";

export interface TimelinePageOptions {
  /** What times are counted in, for the axis. */
  readonly unit?: string;
}

/** One call as it is drawn. */
interface Bar {
  readonly fromX: number;
  readonly toX: number;
  /** Where the next bar of the same row may begin: behind the label, if that is longer. */
  readonly endX: number;
  readonly label: string;
  readonly labelX: number;
  readonly number: string;
  readonly classes: string;
  readonly hover: string;
}

const WIDTH = 1_360;
const ROW_HEIGHT = 24;
const BAR_HEIGHT = 20;
const LABEL_WIDTH = 130;
const AXIS_HEIGHT = 30;
const BAR_WIDTH_MIN = 4;
const LABEL_CHARACTERS_MAX = 80;
/** What is drawn beside the conflict; a page with more than this is slow, and nobody reads it. */
const OTHERS_MAX = 2_000;
const CHARACTER_WIDTH = 6.7;

/**
 * A page of its own, without anything from elsewhere: one lane for each process, a bar from call to return for each
 * operation, open at the end where no answer came. The conflict is red, what is stuck at the end of the longest order
 * is dark red; hovering over a bar shows all that is known of it.
 */
export function timelinePage<State, Input, Output>(
  model: Model<State, Input, Output>,
  violation: Violation<Input, Output>,
  { unit }: TimelinePageOptions = {},
): string {
  const title = `Not linearizable as a ${model.name}`;
  const prefix = commonPrefix(violation.partNames);
  const clock = unit === undefined ? "as the history counts it" : `in ${unit}`;
  const dropped = prefix === "" ? "" : `; names without their common beginning ${prefix}`;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${PAGE_STYLE}</style></head>`,
    `<body><h1>${escaped(title)}</h1>`,
    `<p class="legend">${legendHtml()}</p>`,
    `<p class="axis">Time ${escaped(clock)}${escaped(dropped)}</p>`,
    drawing(model, violation, prefix),
    `<pre>${escaped(violationText(model, violation))}</pre>`,
    "</body></html>",
    "",
  ].join("\n");
}

function drawing<State, Input, Output>(
  model: Model<State, Input, Output>,
  violation: Violation<Input, Output>,
  prefix: string,
): string {
  const byProcess = Map.groupBy(drawnOperations(violation), ({ processId }) => processId);
  const time = new TimeWindow(violation, LABEL_WIDTH, WIDTH - 20);
  const parts: string[] = [];
  let y = AXIS_HEIGHT;
  for (const processId of [...byProcess.keys()].toSorted(compareProcesses)) {
    const bars = (byProcess.get(processId) ?? []).map((operation) => barOf(model, violation, operation, time, prefix));
    parts.push(`<text class="name" x="4" y="${y + 15}">${escaped(`process ${processId}`)}</text>`);
    for (const row of packed(bars)) {
      for (const bar of row) parts.push(barSvg(bar, y));
      y += ROW_HEIGHT;
    }
    parts.push(`<line class="lane" x1="0" x2="${WIDTH}" y1="${y - 2}" y2="${y - 2}"/>`);
  }
  const height = y + AXIS_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" viewBox="0 0 ${WIDTH} ${height}">`,
    ...time.ticks.map((tick) => tickSvg(tick, time.xOf(tick), y)),
    ...parts,
    "</svg>",
  ].join("\n");
}

function tickSvg(tick: number, x: number, bottom: number): string {
  const line = `<line class="tick" x1="${x}" x2="${x}" y1="${AXIS_HEIGHT - 8}" y2="${bottom + 4}"/>`;
  const texts = [16, bottom + 18].map(
    (y) => `<text class="axis" x="${x}" y="${y}" text-anchor="middle">${tick}</text>`,
  );
  return line + texts.join("");
}

/** The conflict and its order on top of what else happened in the same time. */
function drawnOperations<Input, Output>(violation: Violation<Input, Output>): Operation<Input, Output>[] {
  const { conflict, others, deadEnd, startsAt } = violation;
  const concurrent = others.filter((operation) => endOf(operation) >= startsAt).slice(-OTHERS_MAX);
  return [...new Set([...concurrent, ...deadEnd.order, ...conflict])];
}

/** Numbers by size, then texts by their letters. */
function compareProcesses(left: number | string, right: number | string): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
  return String(left) < String(right) ? -1 : 1;
}

/** What all names of parts begin with, as far as that is a path of its own: `accounts/eu/` of `accounts/eu/7`. */
function commonPrefix(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let length = first.length;
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length -= 1;
  return /^.*[/:.]/s.exec(first.slice(0, length))?.[0] ?? "";
}

/** As few rows as hold all bars, none on top of another: what has no end leaves the row to nobody. */
function packed(bars: readonly Bar[]): readonly (readonly Bar[])[] {
  const rows: { endX: number; readonly bars: Bar[] }[] = [];
  for (const bar of bars.toSorted((left, right) => left.fromX - right.fromX)) {
    let row = rows.find(({ endX }) => endX <= Math.min(bar.fromX, bar.labelX));
    if (row === undefined) rows.push((row = { endX: 0, bars: [] }));
    row.endX = bar.endX;
    row.bars.push(bar);
  }
  return rows.map((row) => row.bars);
}

function barOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  { conflict, deadEnd }: Violation<Input, Output>,
  operation: Operation<Input, Output>,
  time: TimeWindow,
  prefix: string,
): Bar {
  const says = model.operationText(operation.input, outputOf(operation));
  const fromX = time.xOf(operation.invokedAt);
  const toX = Math.max(fromX + BAR_WIDTH_MIN, endOf(operation) === Infinity ? WIDTH : time.xOf(endOf(operation)));
  const place = deadEnd.order.indexOf(operation);
  const [isConflict, isStuck] = [conflict.includes(operation), deadEnd.stuck.includes(operation)];
  const number = place >= 0 ? String(place + 1) : "";
  const text = (prefix === "" ? says : says.replaceAll(prefix, "")).slice(0, LABEL_CHARACTERS_MAX);
  const arrowed = `${time.beginsBefore(operation) ? "◀ " : ""}${text}${time.endsLater(operation) ? " ▶" : ""}`;
  const labelWidth = (arrowed.length + number.length + 1) * CHARACTER_WIDTH + 6;
  // What matters is written out, next to its bar if need be; the rest only where there is room.
  const isWritten = isConflict || place >= 0 || labelWidth <= toX - fromX;
  return {
    fromX,
    toX,
    endX: isWritten ? Math.max(toX, fromX + labelWidth) : toX,
    label: isWritten ? arrowed : "",
    labelX: isWritten ? Math.max(LABEL_WIDTH, Math.min(fromX, WIDTH - labelWidth)) : fromX,
    number,
    classes: [
      isConflict ? "conflict" : "other",
      ...(place >= 0 ? ["placed"] : []),
      ...(isStuck ? ["stuck"] : []),
      operation.outcome.kind,
    ].join(" "),
    hover: [
      `process ${operation.processId} ${intervalText(operation)}`,
      says,
      ...(place >= 0 ? [`number ${number} of the longest order`] : []),
      ...(isStuck ? ["cannot come next"] : []),
    ].join("\n"),
  };
}

function barSvg({ fromX, toX, label, labelX, number, classes, hover }: Bar, y: number): string {
  const width = Math.round((toX - fromX) * 10) / 10;
  const numbered = number === "" ? "" : `<tspan class="number">${number}</tspan> `;
  return (
    `<g class="${classes}"><title>${escaped(hover)}</title>` +
    `<rect class="bar" x="${fromX}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="3"/>` +
    `<text class="says" x="${Math.round(labelX) + 4}" y="${y + 14}">${numbered}${escaped(label)}</text></g>`
  );
}

/** For text and attributes alike. Control characters have no place in a page. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f]/g, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
