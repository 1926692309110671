import type { KeyValueStore, ReadConsistency } from "@aspenjs/api";
import { limits } from "./limits.ts";
import { formatRecord } from "./record-line.ts";

export interface ExportOptions {
  readonly store: KeyValueStore;
  readonly prefix: string;
  readonly consistency: ReadConsistency;
}

export interface ExportChunk {
  readonly text: string;
  readonly pairs: number;
}

/** Every pair under the prefix as one line each, in the order of the keys' bytes; a chunk for each page. */
export async function* exportRecords(options: ExportOptions): AsyncGenerator<ExportChunk, void, void> {
  const { store, prefix, consistency } = options;
  const request = { range: { kind: "prefix", prefix }, limit: limits.exportPageEntries, consistency } as const;
  let page = await store.scan(request);
  for (;;) {
    const { entries, continuation } = page;
    // The next page is on its way while this one is being written.
    const next = continuation === undefined ? undefined : store.scan({ ...request, continuation });
    // Whoever stops reading early does not wait for it, and must not be told of its failure.
    next?.catch(() => undefined);
    yield { text: entries.map((entry) => `${formatRecord(entry)}\n`).join(""), pairs: entries.length };
    if (next === undefined) return;
    page = await next;
  }
}
