import { unreachable } from "@aspenjs/api";
import type { Host } from "./host.ts";
import { createStyle, type Style } from "./style.ts";

export const OUTPUT_FORMATS = ["table", "json", "jsonl", "raw"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined };

/** What a command has to say, once for each format. Ids are the same decimal text in all of them. */
export interface Report {
  readonly json: JsonValue;
  /** For jsonl: one line each. The whole report on one line when left out. */
  readonly jsonLines?: readonly JsonValue[];
  /** For people. */
  readonly table: (view: TableView) => string;
  /** For programs that want the bare value: exactly these bytes. */
  readonly raw: () => string | Uint8Array;
}

export interface TableView {
  readonly style: Style;
  /** `undefined` when nobody needs lines to be cut. */
  readonly widthMax: number | undefined;
}

export function tableView({ terminal }: Host): TableView {
  const { output } = terminal;
  return { style: createStyle(output.hasColor), widthMax: output.isTty ? output.columns : undefined };
}

export async function printReport(host: Host, format: OutputFormat, report: Report): Promise<void> {
  const { output } = host.terminal;
  switch (format) {
    case "table":
      return output.write(withLineEnd(report.table(tableView(host))));
    case "json":
      return output.write(`${JSON.stringify(report.json, undefined, 2)}\n`);
    case "jsonl":
      return output.write((report.jsonLines ?? [report.json]).map((line) => `${JSON.stringify(line)}\n`).join(""));
    case "raw":
      return output.write(report.raw());
    default:
      return unreachable(format);
  }
}

function withLineEnd(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
