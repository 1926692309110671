/** What rows say of leases: their numbers, their times, what binds a key to one, and what a reader is told of one. */
import { assert, limits, type LeaseBinding, type LeaseId, type LeaseStatus } from "@aspenjs/api";
import { DecodeError, type Row, type RowReader } from "@aspenjs/codec";
import { integerCell } from "./value-cell.ts";

const BINDING_KIND_MAX = 1;
const BOUND_TO_LEASE = 0;
const TIME_TO_LIVE = 1;

export function leaseIdCell(leaseId: LeaseId): number {
  return integerCell("a lease id", leaseId, 1, limits.leaseIdMax);
}

/** @throws DecodeError */
export function readLeaseId(row: RowReader): LeaseId {
  return row.integer("leaseId", 1, limits.leaseIdMax);
}

export function leaseTtlCell(ttlMs: number): number {
  return integerCell("a time to live", ttlMs, limits.leaseTtlMsMin, limits.leaseTtlMsMax);
}

/** @throws DecodeError */
export function readLeaseTtl(row: RowReader): number {
  return row.integer("ttlMs", limits.leaseTtlMsMin, limits.leaseTtlMsMax);
}

/** One cell, which has no form for a lease and a time to live at once. */
export function leaseBindingCell({ leaseId, ttlMs }: LeaseBinding): Row | null {
  assert(leaseId === undefined || ttlMs === undefined, "a key has a lease or a time to live, not both");
  if (leaseId !== undefined) return [BOUND_TO_LEASE, leaseIdCell(leaseId)];
  return ttlMs === undefined ? null : [TIME_TO_LIVE, leaseTtlCell(ttlMs)];
}

/** @throws DecodeError */
export function readLeaseBinding(row: RowReader): LeaseBinding {
  const cells = row.optional((reader) => reader.row("binding"));
  if (cells === undefined) return {};
  const kind = cells.integer("kind", 0, BINDING_KIND_MAX);
  const binding = kind === BOUND_TO_LEASE ? { leaseId: readLeaseId(cells) } : { ttlMs: readLeaseTtl(cells) };
  cells.end();
  return binding;
}

/** In ascending order, so that a set of leases has one form. */
export function leaseIdsCell(leaseIds: readonly LeaseId[], countMax: number): Row {
  assert(leaseIds.length <= countMax, "a set of leases fits its bound");
  assert(isAscending(leaseIds), "lease ids ascend");
  return leaseIds.map(leaseIdCell);
}

/** @throws DecodeError */
export function readLeaseIds(row: RowReader, countMax: number): LeaseId[] {
  const leaseIds = row.list("leaseIds", countMax, readLeaseId);
  if (!isAscending(leaseIds)) throw new DecodeError("lease ids must ascend");
  return leaseIds;
}

function isAscending(leaseIds: readonly LeaseId[]): boolean {
  return leaseIds.every((leaseId, position) => position === 0 || leaseId > (leaseIds[position - 1] ?? 0));
}

export function leaseStatusRow({ leaseId, ttlMs, remainingMs }: LeaseStatus): Row {
  return [leaseIdCell(leaseId), leaseTtlCell(ttlMs), integerCell("what remains of a lease", remainingMs)];
}

/** Reads the row to its end. @throws DecodeError */
export function readLeaseStatus(row: RowReader): LeaseStatus {
  const status = { leaseId: readLeaseId(row), ttlMs: readLeaseTtl(row), remainingMs: row.integer("remainingMs") };
  row.end();
  return status;
}
