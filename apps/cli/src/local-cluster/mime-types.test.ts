import { compareKeys } from "@aspenjs/api";
import { expect, test } from "vitest";
import { decodeText } from "../value-text.ts";
import { readMimeTypes } from "./mime-types.ts";

test("the data set is there, in the order of its keys", async () => {
  const pairs = await readMimeTypes();
  expect(pairs.length).toBeGreaterThan(2_000);
  const keys = pairs.map(({ key }) => key);
  expect(keys).toEqual(keys.toSorted(compareKeys));
  const html = pairs.find(({ key }) => key === "text/html");
  expect(JSON.parse(decodeText(html?.value ?? new Uint8Array()) ?? "")).toMatchObject({
    extensions: ["html", "htm", "shtml"],
  });
});
