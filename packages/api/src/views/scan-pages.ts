import { abandonedError } from "../abandoned-error.ts";
import { assert } from "../assert.ts";
import { AspenError } from "../aspen-error.ts";
import type { CallOptions } from "../call-options.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import type { ScanRequest, ScanResult } from "../read.ts";
import { assertScanLimit } from "../scan-gate.ts";

export interface ScanAllRequest extends Omit<ScanRequest, "limit"> {
  /** How many entries are asked for at once. 1 to 10,000, default 1,000. */
  readonly pageEntries?: number;
}

/**
 * All pages of a scan, one after the other. Each is of its own moment and has its own label. The next one is asked for
 * when the one before was taken, so that a reader that stops early leaves nothing running. The deadline is that of each
 * page; the signal ends the whole, between pages and within one.
 */
export async function* scanPages(
  store: KeyValueStore,
  request: ScanAllRequest,
  options: CallOptions = {},
): AsyncGenerator<ScanResult, void, void> {
  const { pageEntries: limit = limits.scanLimitDefault, continuation: first, ...scan } = request;
  assertScanLimit(limit);
  if (limit === 0) throw new AspenError("invalid_request", "a page of a scan has at least one entry");
  let continuation = first;
  do {
    assertWanted(options);
    const page = await store.scan({ ...scan, limit, ...(continuation === undefined ? {} : { continuation }) }, options);
    assert(page.continuation === undefined || page.entries.length > 0, "a page that goes on holds something");
    assertWanted(options);
    yield page;
    continuation = page.continuation;
  } while (continuation !== undefined);
}

/** All entries of a scan, whatever the pages that they come in. For their labels see `scanPages`. */
export async function* scanAll(
  store: KeyValueStore,
  request: ScanAllRequest,
  options: CallOptions = {},
): AsyncGenerator<KeyValueEntry, void, void> {
  for await (const page of scanPages(store, request, options)) {
    for (const entry of page.entries) {
      assertWanted(options);
      yield entry;
    }
  }
}

function assertWanted({ signal }: CallOptions): void {
  if (signal?.aborted === true) throw abandonedError(signal);
}
