import { limits, utf8ByteLength, type KeyValueEntry, type ScanPage, type ScanQuery } from "@aspenjs/api";

export const SCAN_PAGE_EMPTY: ScanPage = { entries: [], count: 0, isTruncated: false };

/**
 * Takes entries until the page is full by count or by bytes. To say whether more follow it looks at one entry more
 * than it returns, and at no other: the source may be lazy, and may end after `limit + 1` entries.
 */
export function collectScanPage(source: Iterable<KeyValueEntry>, query: Pick<ScanQuery, "limit">): ScanPage {
  const entries: KeyValueEntry[] = [];
  let bytes = 0;
  for (const entry of source) {
    bytes += utf8ByteLength(entry.key) + entry.value.byteLength;
    if (entries.length === query.limit || bytes > limits.scanPageBytesMax) {
      return { entries, count: entries.length, isTruncated: true };
    }
    entries.push(entry);
  }
  return { entries, count: entries.length, isTruncated: false };
}
