import { unreachable, type KeyValueEntry, type ReadLabel } from "@aspenjs/api";
import { entryJson, entryLines, entryTable, isBoundToLease, labelJson } from "./entry-view.ts";
import type { Host } from "./host.ts";
import { tableView, type OutputFormat } from "./output-format.ts";

export interface ScanPrinterOptions {
  readonly host: Host;
  readonly format: OutputFormat;
  readonly keysOnly: boolean;
}

export interface ScanSummary {
  readonly count: number;
  readonly isTruncated: boolean;
  /** Of the last page, or of the first that is stale. */
  readonly label: ReadLabel;
}

/** Prints a scan page by page, so that a scan of any length needs the memory of one page. */
export class ScanPrinter {
  readonly #options: ScanPrinterOptions;
  #pages = 0;
  #showsLeases = false;

  constructor(options: ScanPrinterOptions) {
    this.#options = options;
  }

  async page(entries: readonly KeyValueEntry[]): Promise<void> {
    if (entries.length > 0) await this.#options.host.terminal.output.write(this.#pageText(entries));
  }

  async end(summary: ScanSummary): Promise<void> {
    const { host, format } = this.#options;
    const { output, errors } = host.terminal;
    const { count, isTruncated, label } = summary;
    if (format === "json") {
      if (this.#pages === 0) await output.write('{\n  "entries": [');
      const fields = Object.entries({ count, isTruncated, ...labelJson(label) });
      const lines = fields.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
      await output.write(`${this.#pages === 0 ? "" : "\n  "}],\n${lines.join(",\n")}\n}\n`);
    }
    if (format === "table") {
      const more = isTruncated ? "; more follow: --all, or a larger --limit" : "";
      await errors.write(`${count} ${count === 1 ? "key" : "keys"}${more}\n`);
    }
  }

  #pageText(entries: readonly KeyValueEntry[]): string | Uint8Array {
    const { host, format, keysOnly } = this.#options;
    const isFirst = this.#pages === 0;
    this.#pages += 1;
    switch (format) {
      case "table": {
        // The first page with a lease on it brings a column along, and all headings with it.
        const hasHeadings = isFirst || (!this.#showsLeases && entries.some(isBoundToLease));
        this.#showsLeases ||= entries.some(isBoundToLease);
        const table = entryTable(entries, tableView(host), { keysOnly, showsLeases: this.#showsLeases });
        return `${hasHeadings ? table : table.slice(table.indexOf("\n") + 1)}\n`;
      }
      case "json": {
        const lines = entries.map((entry) => `\n    ${JSON.stringify(entryJson(entry, { keysOnly }))}`);
        return `${isFirst ? '{\n  "entries": [' : ","}${lines.join(",")}`;
      }
      case "jsonl":
        return entries.map((entry) => `${JSON.stringify(entryJson(entry, { keysOnly }))}\n`).join("");
      case "raw":
        return entryLines(entries, { keysOnly });
      default:
        return unreachable(format);
    }
  }
}
