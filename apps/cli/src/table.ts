import stringWidth from "string-width";
import { PLAIN_STYLE, type Style } from "./style.ts";

export interface Column {
  readonly heading: string;
  readonly align?: "left" | "right";
}

export interface TableOptions {
  readonly style?: Style;
  /** Cells of the last column are cut so that no line is wider. */
  readonly widthMax?: number | undefined;
}

const GAP = "  ";
const LAST_COLUMN_WIDTH_MIN = 8;

/** Lines of equal columns under headings, without a line break at the end. Widths are those of a terminal. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const { style = PLAIN_STYLE, widthMax } = options;
  const lastColumn = columns.length - 1;
  const widths = columns.map(({ heading }, position) =>
    rows.reduce((width, row) => Math.max(width, stringWidth(row[position] ?? "")), stringWidth(heading)),
  );
  const before = widths.slice(0, lastColumn).reduce((sum, width) => sum + width + GAP.length, 0);
  const lastWidthMax = widthMax === undefined ? undefined : Math.max(LAST_COLUMN_WIDTH_MIN, widthMax - before);
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, position) => {
        const cell = cells[position] ?? "";
        if (position === lastColumn && align !== "right") return cutToWidth(cell, lastWidthMax);
        return padToWidth(cell, widths[position] ?? 0, align ?? "left");
      })
      .join(GAP)
      .trimEnd();
  const headings = style.heading(line(columns.map(({ heading }) => heading)));
  return [headings, ...rows.map(line)].join("\n");
}

/** Names and values, one pair to a line. */
export function formatFields(fields: readonly (readonly [string, string])[], style: Style = PLAIN_STYLE): string {
  const width = Math.max(...fields.map(([name]) => stringWidth(name)));
  return fields.map(([name, value]) => `${style.faint(padToWidth(name, width, "left"))}${GAP}${value}`).join("\n");
}

function padToWidth(text: string, width: number, align: "left" | "right"): string {
  const padding = " ".repeat(Math.max(0, width - stringWidth(text)));
  return align === "left" ? text + padding : padding + text;
}

/** Styled text is not cut: an escape sequence must stay whole. */
export function cutToWidth(text: string, widthMax: number | undefined): string {
  if (widthMax === undefined || stringWidth(text) <= widthMax) return text;
  if (text.includes("\u001b")) return text;
  let cut = "";
  let width = 1;
  for (const character of text) {
    width += stringWidth(character);
    if (width > widthMax) break;
    cut += character;
  }
  return `${cut}…`;
}
