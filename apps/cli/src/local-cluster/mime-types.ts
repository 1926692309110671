import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { assert, compareKeys, type KeyValuePair } from "@aspenjs/api";
import { encodeText } from "../value-text.ts";

/** Every MIME type that the data set knows, with what it says about it as JSON: real data of no great size, in order. */
export async function readMimeTypes(): Promise<readonly KeyValuePair[]> {
  const require = createRequire(import.meta.url);
  const types: unknown = JSON.parse(await readFile(require.resolve("mime-db/db.json"), "utf8"));
  assert(typeof types === "object" && types !== null, "the data set is a JSON object");
  return Object.entries(types)
    .map(([key, value]) => ({ key, value: encodeText(JSON.stringify(value)) }))
    .sort((left, right) => compareKeys(left.key, right.key));
}
