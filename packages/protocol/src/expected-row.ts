import { unreachable, type Expected } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { integerCell, readValue, valueCell } from "./value-cell.ts";

const EXPECTED_KIND_MAX = 2;
const ABSENT = 0;
const VALUE = 1;
const MOD_REVISION = 2;

export function expectedRow(expected: Expected): Row {
  switch (expected.kind) {
    case "absent":
      return [ABSENT];
    case "value":
      return [VALUE, valueCell(expected.value)];
    case "modRevision":
      return [MOD_REVISION, integerCell("the revision of an entry", expected.modRevision, 1)];
    default:
      return unreachable(expected);
  }
}

/** Reads the row to its end. @throws DecodeError */
export function readExpected(row: RowReader): Expected {
  const kind = row.integer("kind", 0, EXPECTED_KIND_MAX);
  let expected: Expected = { kind: "absent" };
  if (kind === VALUE) expected = { kind: "value", value: readValue(row) };
  if (kind === MOD_REVISION) expected = { kind: "modRevision", modRevision: row.integer("modRevision", 1) };
  row.end();
  return expected;
}
