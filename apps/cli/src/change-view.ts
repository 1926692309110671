import { unreachable, type KeyChange, type WatchBatch } from "@aspenjs/api";
import { entryJson, entryLines, valueForPeople } from "./entry-view.ts";
import type { JsonValue, Report } from "./output-format.ts";
import { printable } from "./printable.ts";

/** One revision: a line for each key, or one that nothing happened up to it. */
export function batchReport(batch: WatchBatch): Report {
  const { revision, changes } = batch;
  return {
    json: { revision, changes: changes.map(changeJson) },
    table: ({ style, widthMax }) => {
      if (changes.length === 0) return style.faint(`${revision}  nothing more up to here`);
      return changes.map((change) => `${revision}  ${changeText(change, widthMax)}`).join("\n");
    },
    raw: () => Buffer.concat(changes.map(rawLine)),
  };
}

function changeJson(change: KeyChange): JsonValue {
  const previous = change.previous === undefined ? {} : { previous: entryJson(change.previous) };
  switch (change.kind) {
    case "put":
      return { kind: "put", ...(entryJson(change.entry) as object), ...previous };
    case "delete":
      return { kind: "delete", key: change.key, ...previous };
    default:
      return unreachable(change);
  }
}

function changeText(change: KeyChange, widthMax: number | undefined): string {
  const was = change.previous === undefined ? "" : `  (was ${valueForPeople(change.previous.value, widthMax)})`;
  if (change.kind === "delete") return `delete ${printable(change.key)}${was}`;
  const { key, value } = change.entry;
  return `put    ${printable(key)} = ${valueForPeople(value, widthMax)}${was}`;
}

/** A put as a scan prints it; a deletion is its key alone. */
function rawLine(change: KeyChange): Uint8Array {
  const line = change.kind === "put" ? entryLines([change.entry]) : `${change.key}\n`;
  return typeof line === "string" ? Buffer.from(line) : line;
}
