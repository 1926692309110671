import type { Model } from "./model.ts";
import { endOf, type Operation } from "./operation.ts";
import { outputOf } from "./part-history.ts";
import type { Violation } from "./verdict.ts";
import { intervalText, violationText } from "./violation-text.ts";

const WIDTH = 1_400;
const LANE_HEIGHT = 30;
const BAR_HEIGHT = 20;
const LABEL_WIDTH = 150;
const AXIS_HEIGHT = 30;
const BAR_WIDTH_MIN = 3;
/** What is drawn beside the conflict; a page with more than this is slow, and nobody reads it. */
const OTHERS_MAX = 2_000;
const CHARACTER_WIDTH = 6.5;

const STYLE = [
  "body{font:14px system-ui,sans-serif;margin:24px;color:#1c2330;background:#fff}",
  "pre{background:#f4f5f7;padding:12px;overflow:auto}",
  ".lane{stroke:#e3e6ea}.name{fill:#555}.axis{fill:#777;font-size:11px}",
  ".bar{fill:#c9d2de;stroke:#8b97a8}.conflict .bar{fill:#f2b8b5;stroke:#b3261e;stroke-width:2}",
  ".stuck .bar{fill:#e46962}.unknown .bar{stroke-dasharray:4 3}",
  ".says{font:11px ui-monospace,monospace;pointer-events:none}",
].join("");

/**
 * A page of its own, without anything from elsewhere: one lane for each process, a bar from call to return for each
 * operation, open at the end where no answer came. The conflict is red, what is stuck at the end of the longest order
 * is dark red; hovering over a bar shows all that is known of it.
 */
export function timelinePage<State, Input, Output>(
  model: Model<State, Input, Output>,
  violation: Violation<Input, Output>,
): string {
  const title = `Not linearizable as a ${model.name}`;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style></head>`,
    `<body><h1>${escaped(title)}</h1>`,
    drawing(model, violation),
    `<pre>${escaped(violationText(model, violation))}</pre>`,
    "</body></html>",
    "",
  ].join("\n");
}

function drawing<State, Input, Output>(
  model: Model<State, Input, Output>,
  violation: Violation<Input, Output>,
): string {
  const operations = drawnOperations(violation);
  const lanes = [...new Set(operations.map(({ processId }) => processId))].toSorted(compareProcesses);
  const height = AXIS_HEIGHT + lanes.length * LANE_HEIGHT;
  const scale = new TimeScale(operations, violation.endsAt);
  const laneTexts = lanes.map((processId, lane) => {
    const y = AXIS_HEIGHT + lane * LANE_HEIGHT;
    return (
      `<text class="name" x="4" y="${y + 15}">${escaped(`process ${processId}`)}</text>` +
      `<line class="lane" x1="0" x2="${WIDTH}" y1="${y + LANE_HEIGHT - 4}" y2="${y + LANE_HEIGHT - 4}"/>`
    );
  });
  const bars = operations.map((operation) => {
    const lane = lanes.indexOf(operation.processId);
    return bar(model, violation, operation, scale, AXIS_HEIGHT + lane * LANE_HEIGHT);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<text class="axis" x="${LABEL_WIDTH}" y="16">${scale.startsAt}</text>`,
    `<text class="axis" x="${WIDTH - 4}" y="16" text-anchor="end">${scale.endsAt}</text>`,
    ...laneTexts,
    ...bars,
    "</svg>",
  ].join("\n");
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

class TimeScale {
  readonly startsAt: number;
  readonly endsAt: number;

  constructor(operations: readonly Operation<unknown, unknown>[], endsAt: number) {
    this.startsAt = operations.reduce((start, { invokedAt }) => Math.min(start, invokedAt), endsAt);
    this.endsAt = endsAt;
  }

  xOf(time: number): number {
    const share = this.endsAt === this.startsAt ? 0 : (time - this.startsAt) / (this.endsAt - this.startsAt);
    const x = LABEL_WIDTH + Math.min(1, Math.max(0, share)) * (WIDTH - LABEL_WIDTH - 10);
    return Math.round(x * 10) / 10;
  }
}

function bar<State, Input, Output>(
  model: Model<State, Input, Output>,
  { conflict, deadEnd }: Violation<Input, Output>,
  operation: Operation<Input, Output>,
  scale: TimeScale,
  y: number,
): string {
  const says = model.operationText(operation.input, outputOf(operation));
  const from = scale.xOf(operation.invokedAt);
  const to = operation.outcome.kind === "returned" ? scale.xOf(operation.outcome.returnedAt) : WIDTH;
  const width = Math.max(BAR_WIDTH_MIN, Math.round((to - from) * 10) / 10);
  const place = deadEnd.order.indexOf(operation);
  const classes = [
    conflict.includes(operation) ? "conflict" : "other",
    place >= 0 ? "placed" : "",
    deadEnd.stuck.includes(operation) ? "stuck" : "",
    operation.outcome.kind,
  ].filter((name) => name !== "");
  const hover = [
    `process ${operation.processId} ${intervalText(operation)}`,
    says,
    ...(place >= 0 ? [`number ${place + 1} of the longest order`] : []),
    ...(deadEnd.stuck.includes(operation) ? ["cannot come next"] : []),
  ].join("\n");
  const label = says.slice(0, Math.max(0, Math.floor((width - 6) / CHARACTER_WIDTH)));
  return (
    `<g class="${classes.join(" ")}"><title>${escaped(hover)}</title>` +
    `<rect class="bar" x="${from}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="3"/>` +
    `<text class="says" x="${from + 4}" y="${y + 14}">${escaped(label)}</text></g>`
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
