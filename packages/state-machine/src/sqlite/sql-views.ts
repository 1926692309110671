/**
 * What a query sees in place of the tables: two views, made for its ticket on a connection of its own.
 *
 * A ticket with key prefixes gets views that end with a LIMIT. Into such a view SQLite pushes no term of the query:
 * none is evaluated over a row that the view does not show, where an error, or the time it takes, would tell of it.
 */
import { Buffer } from "node:buffer";
import { userKeyBounds, type KeyBounds } from "../key-range.ts";

export const VIEWED_TABLES: readonly string[] = ["entries", "leases", "applied"];

const KV_COLUMNS = ["key", "value", "value_text", "version", "create_revision", "mod_revision", "lease_id"];
const LEASE_COLUMNS = ["lease_id", "ttl_ms", "deadline_ms", "key_count"];

/** Views with the same names and columns over nothing: what a statement can name here is all that it may name. */
export const DECOY_VIEWS: string = [viewOfNothing("kv", KV_COLUMNS), viewOfNothing("leases", LEASE_COLUMNS)].join("\n");

export function viewsFor(keyPrefixes: readonly string[]): string {
  const fence = keyPrefixes.length === 0 ? "" : " LIMIT -1";
  const ofVisibleKeys = keyPrefixes.length === 0 ? "" : ` WHERE ${keyCount(keyPrefixes)} > 0`;
  return `
CREATE TEMP VIEW kv (${KV_COLUMNS.join(", ")}) AS
  SELECT key, value, CAST(value AS TEXT), version, create_revision, mod_revision, lease_id
  FROM main.entries WHERE ${isVisible("key", keyPrefixes)}${fence};
CREATE TEMP VIEW leases (${LEASE_COLUMNS.join(", ")}) AS
  SELECT lease.lease_id, lease.ttl_ms, max(lease.deadline_ms, applied.leases_extended_at_ms + lease.ttl_ms),
    ${keyCount(keyPrefixes)}
  FROM main.leases AS lease CROSS JOIN main.applied AS applied${ofVisibleKeys}${fence};
`;
}

/** A lease is the sum of its visible keys: one without any does not exist for a ticket with prefixes. */
function keyCount(keyPrefixes: readonly string[]): string {
  const condition = `entry.lease_id = lease.lease_id AND (${isVisible("entry.key", keyPrefixes)})`;
  return `(SELECT count(*) FROM main.entries AS entry WHERE ${condition})`;
}

function isVisible(column: string, keyPrefixes: readonly string[]): string {
  const prefixes = keyPrefixes.length === 0 ? [""] : keyPrefixes;
  const bounds = prefixes.map((prefix) => userKeyBounds({ kind: "prefix", prefix })).filter((one) => one !== undefined);
  if (bounds.length === 0) return "0";
  return bounds.map((one) => isWithin(column, one)).join(" OR ");
}

function isWithin(column: string, { lower, upper }: KeyBounds): string {
  const isAtLeast = `${column} >= ${textLiteral(lower)}`;
  return upper === undefined ? isAtLeast : `(${isAtLeast} AND ${column} < ${textLiteral(upper)})`;
}

/** As hexadecimal digits: nothing in it can be taken for SQL, and U+0000 can be written. */
function textLiteral(text: string): string {
  return `CAST(X'${Buffer.from(text, "utf8").toString("hex")}' AS TEXT)`;
}

function viewOfNothing(name: string, columns: readonly string[]): string {
  const nulls = columns.map((column) => `NULL AS ${column}`).join(", ");
  return `CREATE TEMP VIEW ${name} AS SELECT ${nulls} WHERE 0;`;
}
