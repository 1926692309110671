import { expect, test } from "vitest";
import { formatIdentityRecord, parseIdentityRecord, type IdentityRecord } from "./identity-record.ts";

const RECORD: IdentityRecord = {
  version: 1,
  nodeId: "7",
  clusterId: "c1",
  storeId: "00",
  privateKey: "CAE=",
  founding: null,
  isLogExpected: false,
};

test("a record reads back as it was written", () => {
  expect(parseIdentityRecord("file", formatIdentityRecord(RECORD))).toEqual(RECORD);
});

test.each(["null", "7", '"text"', "true"])("JSON that is no object, such as %s, is `corrupt`", (text) => {
  expect(() => parseIdentityRecord("file", text)).toThrow(expect.objectContaining({ code: "corrupt" }));
});
