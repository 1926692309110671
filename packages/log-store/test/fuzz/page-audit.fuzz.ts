import { ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTarget } from "@aspenjs/fuzz";
import { auditPages } from "../../src/lmdb/page-audit.ts";
import { openLmdbLogStore } from "../../src/lmdb/index.ts";
import { commandEntries, commandEntry } from "../../src/testing/sample-entries.ts";

const IMAGE_BYTES_MAX = 256 * 1_024;
const PAGE_BYTES = 4_096;
/** Of a meta page, all that it says; of the others, the head and the first pointers. */
const HEAD_BYTES = [160, 160];
const HEAD_BYTES_OTHERWISE = 32;
const folder = mkdtempSync(join(tmpdir(), "aspen-page-audit-"));
const path = join(folder, "image.mdb");
const descriptor = openSync(path, "w");
let writtenBytes = 0;
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Whole files as the pinned LMDB writes them: with rows, values of several pages, and pages that are free again. */
async function imageOf(entryCount: number, purgedThrough: number): Promise<Uint8Array> {
  const directory = join(folder, `log-${entryCount}`);
  const opened = await openLmdbLogStore({ directory, storeId: "node-1" });
  if (opened.kind === "fault") throw new Error(opened.fault.message);
  const { store } = opened;
  await store.append({ entries: commandEntries(1, 1, entryCount) });
  if (purgedThrough > 0) await store.purge({ term: 1, index: purgedThrough });
  await store.append({ entries: [commandEntry(1, entryCount + 1, 5_000), commandEntry(1, entryCount + 2)] });
  await store.close();
  return new Uint8Array(readFileSync(join(directory, "raft-log.mdb")));
}

const images = await Promise.all([imageOf(3, 0), imageOf(60, 20)]);

/** Into one file that stays: to make it anew would take longer than to audit it. */
function writeImage(bytes: Uint8Array): void {
  if (bytes.byteLength !== writtenBytes) ftruncateSync(descriptor, bytes.byteLength);
  writtenBytes = writeSync(descriptor, bytes, 0, bytes.byteLength, 0);
}

/** Views: of an image, the bytes that its structure hangs on. */
function headsOf(image: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(image.byteLength / PAGE_BYTES) }, (_, page) => {
    return image.subarray(page * PAGE_BYTES, page * PAGE_BYTES + (HEAD_BYTES[page] ?? HEAD_BYTES_OTHERWISE));
  });
}

export const target = defineTarget<undefined>({
  name: "log-store/page-audit",
  decodes: "the structure of a whole LMDB file",
  covers: [],
  frameBytesMax: IMAGE_BYTES_MAX,
  seeds: () => images,
  decode: (bytes) => {
    writeImage(bytes);
    try {
      auditPages(path);
      return { kind: "value", value: undefined };
    } catch (error) {
      if (error instanceof Error && error.name === "PageDamage") return { kind: "refused" };
      throw error;
    }
  },
  // Almost all of an image is what rows say, or nothing.
  inner: {
    open: (image) => new Uint8Array(Buffer.concat(headsOf(image))),
    close: (heads) => {
      const image = Uint8Array.from(images[heads.byteLength % images.length] ?? heads);
      let at = 0;
      for (const place of headsOf(image)) {
        place.set(heads.subarray(at, at + place.byteLength));
        at += place.byteLength;
      }
      return image;
    },
  },
  canaries: [
    {
      name: "numbers of pages beyond the end of the file",
      file: "packages/log-store/src/lmdb/page-file.ts",
      find: "if (end > this.#fileBytes) damaged(",
      replace: "if (end < 0) damaged(",
    },
    {
      name: "a node that runs over the end of its page",
      file: "packages/log-store/src/lmdb/page-audit.ts",
      find: "const isInside = at >= pointersEnd && at + NODE_HEAD_BYTES <= page.byteLength;",
      replace: "const isInside = at >= pointersEnd;",
    },
    {
      name: "pages of no bytes",
      file: "packages/log-store/src/lmdb/page-file.ts",
      find: "pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX &&",
      replace: "pageBytes <= PAGE_BYTES_MAX &&",
    },
  ],
});
