/** What one write came to. R1: the entries of one result, in all its parts, are bounded together. */
import { assert, limits, unreachable, type CompareResult, type WriteResult } from "@aspenjs/api";
import { DecodeError, type Row, type RowReader } from "@aspenjs/codec";
import { entriesProblem, optionalEntryCell, readOptionalEntry } from "./key-value-entry-row.ts";
import { leaseIdCell, leaseTtlCell, readLeaseId, readLeaseTtl } from "./lease-row.ts";
import {
  deletedCells,
  entriesOfOperation,
  operationResultRow,
  readDeleted,
  readOperationResult,
} from "./operation-result-row.ts";
import { integerCell } from "./value-cell.ts";

const WRITE_RESULT_KIND_MAX = 7;
const SET = 0;
const SET_MULTI = 1;
const DELETE = 2;
const COMPARE_OK = 3;
const COMPARE_CONFLICT = 4;
const TRANSACTION = 5;
const LEASE_GRANT = 6;
const LEASE_REVOKE = 7;

export function writeResultRow(result: WriteResult): Row {
  const problem = resultProblem(result);
  assert(problem === undefined, problem ?? "");
  const revision = integerCell("a revision", result.revision);
  switch (result.kind) {
    case "set":
      return [SET, revision, optionalEntryCell(result.previous)];
    case "setMulti":
      return [SET_MULTI, revision];
    case "delete":
      return [DELETE, revision, ...deletedCells(result)];
    case "compare":
      return compareResultRow(result, revision);
    case "transaction":
      assert(result.results.length <= limits.transactionItemsMax, "every operation has one result");
      return [TRANSACTION, revision, result.succeeded, result.results.map(operationResultRow)];
    case "leaseGrant":
      return [LEASE_GRANT, revision, leaseIdCell(result.leaseId), leaseTtlCell(result.ttlMs)];
    case "leaseRevoke":
      return [LEASE_REVOKE, revision, result.wasGranted, integerCell("a count of keys", result.deletedCount)];
    default:
      return unreachable(result);
  }
}

function compareResultRow(result: CompareResult, revision: number): Row {
  if (result.outcome === "ok") return [COMPARE_OK, revision];
  return [COMPARE_CONFLICT, revision, optionalEntryCell(result.actual)];
}

/** Reads the row to its end. @throws DecodeError */
export function readWriteResult(row: RowReader): WriteResult {
  const kind = row.integer("kind", 0, WRITE_RESULT_KIND_MAX);
  const revision = row.integer("revision");
  const result = readWriteResultOfKind(kind, revision, row);
  row.end();
  const problem = resultProblem(result);
  if (problem !== undefined) throw new DecodeError(problem);
  return result;
}

function readWriteResultOfKind(kind: number, revision: number, row: RowReader): WriteResult {
  switch (kind) {
    case SET: {
      const previous = readOptionalEntry(row);
      return previous === undefined ? { kind: "set", revision } : { kind: "set", revision, previous };
    }
    case SET_MULTI:
      return { kind: "setMulti", revision };
    case DELETE:
      return { kind: "delete", revision, ...readDeleted(row) };
    case COMPARE_OK:
      return { kind: "compare", outcome: "ok", revision };
    case COMPARE_CONFLICT:
      return { kind: "compare", outcome: "conflict", revision, actual: readOptionalEntry(row) };
    case TRANSACTION:
      return {
        kind: "transaction",
        revision,
        succeeded: row.boolean("succeeded"),
        results: row.list("results", limits.transactionItemsMax, (items) => readOperationResult(items.row("result"))),
      };
    case LEASE_GRANT:
      return { kind: "leaseGrant", revision, leaseId: readLeaseId(row), ttlMs: readLeaseTtl(row) };
    default:
      return {
        kind: "leaseRevoke",
        revision,
        wasGranted: row.boolean("wasGranted"),
        deletedCount: row.integer("deletedCount"),
      };
  }
}

/** A single entry is within the bounds by itself. */
function resultProblem(result: WriteResult): string | undefined {
  const { resultEntriesMax, resultBytesMax } = limits;
  if (result.kind === "delete") return entriesProblem(result.previous ?? [], resultEntriesMax, resultBytesMax);
  if (result.kind !== "transaction") return undefined;
  return entriesProblem(result.results.flatMap(entriesOfOperation), resultEntriesMax, resultBytesMax);
}
