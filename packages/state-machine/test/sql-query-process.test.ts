import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AspenError,
  type KeyValueStateMachine,
  type SqlReader,
  type SqlReading,
  type SqlReadResult,
} from "@aspenjs/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOf, LogScript } from "../src/testing/index.ts";
import { openMachine } from "./sqlite-subject.ts";

const ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";
const KV_COLUMNS = ["key", "value", "value_text", "version", "create_revision", "mod_revision", "lease_id"];

let directory: string;
let machine: KeyValueStateMachine;
let sql: SqlReader;

function reading(text: string, more: Partial<SqlReading> = {}): SqlReading {
  return { sql: text, parameters: [], keyPrefixes: [], appliedIndexMin: 0, deadlineMs: 20_000, ...more };
}

async function rows(text: string, more: Partial<SqlReading> = {}): Promise<SqlReadResult["rows"]> {
  return (await sql.read(reading(text, more))).rows;
}

async function refusal(text: string, more: Partial<SqlReading> = {}): Promise<AspenError> {
  try {
    await sql.read(reading(text, more));
  } catch (error) {
    if (error instanceof AspenError) return error;
    throw error;
  }
  throw new Error(`it was answered: ${text}`);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "aspen-sql-"));
  machine = await openMachine({ directory: join(directory, "state"), sqlProcessesMax: 2 });
  const log = new LogScript();
  log.command({ kind: "leaseGrant", leaseId: 7, ttlMs: 60_000 });
  log.command({ kind: "leaseGrant", leaseId: 8, ttlMs: 60_000 });
  log.set("a/1", "one");
  log.set("a/2", "two");
  log.set("b/1", "hidden from a");
  log.command({ kind: "set", key: "b/2", value: new Uint8Array([0xff, 0x00]), leaseId: 7 });
  log.command({ kind: "set", key: "a/3", value: bytesOf("leased"), leaseId: 8 });
  log.set("\u0000system", "never shown");
  const outcome = await machine.apply(log.entries);
  if (outcome.kind === "fault") throw new Error(outcome.fault.message);
  if (machine.sql === undefined) throw new Error("this machine has SQL");
  sql = machine.sql;
});

afterAll(async () => {
  await machine.close();
  await rm(directory, { recursive: true });
});

describe("what a query is answered", () => {
  test("the columns of both views, and the position of that moment", async () => {
    const all = await sql.read(reading("SELECT * FROM kv ORDER BY key"));
    expect(all.columns).toEqual(KV_COLUMNS);
    expect(all.rows.map((row) => row[0])).toEqual(["a/1", "a/2", "a/3", "b/1", "b/2"]);
    expect(all.rows[0]?.slice(1, 3)).toEqual([new Uint8Array([0x6f, 0x6e, 0x65]), "one"]);
    expect(all.appliedIndex).toBe(machine.appliedState.lastApplied.index);
    expect(all.revision).toBe(machine.revision);
    const leases = await sql.read(reading("SELECT * FROM leases"));
    expect(leases.columns).toEqual(["lease_id", "ttl_ms", "deadline_ms", "key_count"]);
    expect(leases.rows).toEqual([7, 8].map((id) => [id, 60_000, machine.lease(id)?.deadlineMs, 1]));
  });

  test.each<[string, SqlReading["parameters"], SqlReadResult["rows"]]>([
    ["SELECT count(*), max(mod_revision) FROM kv WHERE key LIKE 'a%'", [], [[3, 5]]],
    [
      "VALUES (1, 'x'), (2.5, NULL)",
      [],
      [
        [1, "x"],
        [2.5, null],
      ],
    ],
    ["/* a comment */ -- another\n select 1;  -- and the end", [], [[1]]],
    ["WITH entries AS (SELECT 4 AS n) SELECT n FROM entries", [], [[4]]],
    [
      "SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), ?",
      [1, 1.5, true, "t", null, 9n],
      [["integer", "real", "integer", "text", "null", 9]],
    ],
    ["SELECT ?, ?", ["one", new Uint8Array([7])], [["one", new Uint8Array([7])]]],
    ["SELECT 9223372036854775807, -9007199254740991, 9e999", [], [[9223372036854775807n, -9007199254740991, Infinity]]],
    ["SELECT value FROM json_each('[1,2]') UNION ALL SELECT \"atom\" FROM json_tree('3')", [], [[1], [2], [3]]],
    ["SELECT 'sqlite_schema pragma_x', key FROM kv WHERE key = 'a/1'", [], [["sqlite_schema pragma_x", "a/1"]]],
    ["SELECT key FROM temp.kv WHERE key IN (SELECT 'a/1')", [], [["a/1"]]],
    ["SELECT \"key\", [version], `lease_id` FROM 'kv' WHERE key = 'a/3'", [], [["a/3", 1, 8]]],
    ["SELECT row_number() OVER (ORDER BY key) FROM kv LIMIT 1", [], [[1]]],
  ])("%s", async (text, parameters, expected) => {
    expect(await rows(text, { parameters })).toEqual(expected);
  });

  test("keys are found by the index, and the plan says so", async () => {
    const plan = await rows("EXPLAIN QUERY PLAN SELECT value FROM kv WHERE key = ?", { parameters: ["a/1"] });
    expect(String(plan[0]?.[3])).toMatch(/^SEARCH main.entries USING INDEX/);
    const [prefix] = await rows("EXPLAIN QUERY PLAN SELECT 1 FROM kv WHERE key > 'a'", { keyPrefixes: ["a/"] });
    expect(prefix).toBeDefined();
  });
});

describe("what a ticket with key prefixes sees", () => {
  const keyPrefixes = ["a/", "nothing/"];

  test("its own keys and their leases", async () => {
    expect(await rows("SELECT key FROM kv", { keyPrefixes })).toEqual([["a/1"], ["a/2"], ["a/3"]]);
    expect(await rows("SELECT lease_id, key_count FROM leases", { keyPrefixes })).toEqual([[8, 1]]);
    expect(await rows("SELECT count(*) FROM kv", { keyPrefixes: ["\u0000"] })).toEqual([[0]]);
    expect(await rows("SELECT count(*) FROM kv", { keyPrefixes: ["'; --", "a/'"] })).toEqual([[0]]);
    expect(await rows("SELECT count(*) FROM kv", { keyPrefixes: ["\u{10ffff}", "b/1"] })).toEqual([[1]]);
  });

  // Each fails where it is evaluated over the key that must not be told of, and gives no row where it is not.
  test.each([
    ["a term that fails", "SELECT 1 FROM kv WHERE CASE WHEN key = $key THEN abs(-9223372036854775807 - 1) END"],
    ["behind an equality", "SELECT 1 FROM kv WHERE key = $key AND abs(-9223372036854775807 - version)"],
    ["of the value", "SELECT 1 FROM kv WHERE key = $key AND json(value_text || '{')"],
    [
      "a range and an OR",
      "SELECT 1 FROM kv WHERE key >= $key AND key <= $key AND (version = 5 OR json(value_text || '{'))",
    ],
    ["a join", "SELECT 1 FROM kv AS x JOIN kv AS y ON x.key = y.key AND x.key = $key AND json(y.value_text || '{')"],
    ["a subquery", "SELECT (SELECT json(value_text || '{') FROM kv WHERE key = $key)"],
    ["an aggregate", "SELECT sum(json(value_text || '{')) FROM kv WHERE key = $key"],
    [
      "a left join",
      "SELECT 1 FROM (SELECT 1) LEFT JOIN kv ON key = $key AND json(value_text || '{') WHERE key IS NOT NULL",
    ],
    ["a hint", "SELECT 1 FROM kv WHERE likely(key = $key) AND unlikely(json(value_text || '{'))"],
    ["a glob", "SELECT 1 FROM kv WHERE key GLOB $key AND json(value_text || '{')"],
  ])("no error tells of other keys: %s", async (_name, text) => {
    const found = (await rows(text.replaceAll("$key", "'b/1'"), { keyPrefixes })).flat();
    expect(found.filter((cell) => cell !== null)).toEqual([]);
    const system = "char(0) || 'system'";
    const ofSystem = (await rows(text.replaceAll("$key", system))).flat();
    expect(ofSystem.filter((cell) => cell !== null)).toEqual([]);
    await expect(rows(text.replaceAll("$key", "'b/1'"))).rejects.toThrow();
  });
});

describe("what no query does", () => {
  test.each([
    // Other statements
    "INSERT INTO entries (key) VALUES ('x')",
    "DELETE FROM kv",
    "UPDATE main.applied SET log_index = 0",
    "WITH t AS (SELECT 1) DELETE FROM entries",
    "WITH t(a) AS (SELECT 1) INSERT INTO entries SELECT a FROM t RETURNING *",
    "CREATE TEMP TABLE t (a)",
    "CREATE TEMP VIEW t AS SELECT * FROM main.sessions",
    "DROP VIEW temp.kv",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "VACUUM INTO '/tmp/stolen'",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "REINDEX",
    "ANALYZE",
    // Pragmas, also where compiling them is enough
    "PRAGMA query_only = OFF",
    "PRAGMA database_list",
    "EXPLAIN PRAGMA query_only = OFF",
    "EXPLAIN QUERY PLAN PRAGMA query_only = OFF",
    "EXPLAIN QUERY PLAN DELETE FROM entries",
    "EXPLAIN SELECT 1",
    "/* SELECT */ PRAGMA query_only = OFF",
    "--SELECT\nPRAGMA query_only = OFF",
    // More than one
    "SELECT 1; PRAGMA query_only = OFF",
    "SELECT 1; SELECT 2",
    "SELECT 1; ATTACH ':memory:' AS other",
    "; SELECT 1",
    // Tables of the state by every name
    "SELECT * FROM entries",
    "SELECT * FROM main.entries",
    'SELECT * FROM "entries"',
    "SELECT * FROM [entries]",
    "SELECT * FROM `entries`",
    "SELECT * FROM 'entries'",
    "SELECT * FROM ENTRIES",
    'SELECT * FROM main . /* here */ "EnTries"',
    "SELECT entries.key FROM kv",
    "SELECT * FROM sessions",
    "SELECT * FROM membership",
    "SELECT * FROM applied",
    "SELECT * FROM main.leases",
    "SELECT * FROM main.kv",
    "SELECT crc32 FROM leases",
    "SELECT is_owned_by_key FROM leases",
    "SELECT * FROM kv WHERE key IN entries",
    "SELECT * FROM kv WHERE EXISTS (SELECT 1 FROM sessions)",
    "SELECT * FROM kv INDEXED BY entries_by_lease",
    "WITH kv AS (SELECT * FROM main.entries) SELECT * FROM kv",
    "SELECT * FROM kv NATURAL JOIN applied",
    "SELECT (SELECT content FROM sessions)",
    // The names of other spellings stay other names
    "SELECT * FROM ｅｎｔｒｉｅｓ",
    "SELECT * FROM entr\u0131es",
    "SELECT * FROM \u00a0kv",
    "\ufeff\u2028SELECT 1 FROM entries",
    "SELECT * FROM en/**/tries",
    "SELECT * FROM kv\u200b",
    // The schema
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM main.sqlite_master",
    'SELECT * FROM "main"."sqlite_schema"',
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM temp.sqlite_schema",
    "SELECT * FROM sqlite_sequence",
    "SELECT * FROM sqlite_stat1",
    "SELECT 1 FROM kv WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE sql LIKE '%sessions%')",
    // Tables that are functions
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_table_info('entries')",
    'SELECT * FROM "pragma_database_list"',
    "SELECT * FROM 'pragma_database_list'",
    "SELECT * FROM [PRAGMA_DATABASE_LIST]",
    "SELECT * FROM json_each('[1]'), pragma_database_list",
    "SELECT * FROM json_each('[1]') AS j, \"Pragma_Table_List\"",
    "SELECT * FROM pragma_query_only",
    "SELECT * FROM dbstat",
    "SELECT * FROM json_each('[1]') JOIN dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM sqlite_stmt",
    "SELECT * FROM bytecode('SELECT 1')",
    "SELECT * FROM fts3tokenize('simple', 'a')",
    "SELECT * FROM fts5vocab",
    "SELECT * FROM rtree",
    "SELECT * FROM generate_series(1, 10)",
    "SELECT * FROM fsdir('/')",
    "SELECT * FROM csv('/etc/passwd')",
    // Functions that reach outside
    "SELECT load_extension('/tmp/evil.so')",
    "SELECT LOAD_EXTENSION ('/tmp/evil.so', 'entry')",
    "SELECT load_extension(key) FROM kv",
    "SELECT fts3_tokenizer('simple')",
    "SELECT fts3_tokenizer('simple', x'00')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/written', 'x')",
    "SELECT edit('x')",
    // What cannot be bound
    "SELECT ?",
    "SELECT :name",
    "SELECT ?1",
    "SELECT ?100000",
    "SELECT * FROM",
    "nonsense",
    "SELECTED",
    "/* never closed",
    "SELECT /* never closed * / 1; PRAGMA x",
  ])("%s", async (text) => {
    // A comment that is not closed ends with the text, as SQLite has it: nothing but an incomplete SELECT is left.
    expect((await refusal(text)).code).toBe("invalid_request");
  });

  test("and after all of that the state is what it was", async () => {
    expect(await rows("SELECT count(*) FROM kv")).toEqual([[5]]);
  });
});

describe("what a query takes", () => {
  test.each([
    [
      "rows",
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 10001) SELECT n FROM t",
      "batch_too_large",
    ],
    ["bytes", "SELECT zeroblob(4194304)", "batch_too_large"],
    ["a text", "SELECT hex(zeroblob(3000000))", "batch_too_large"],
    [
      "cells",
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 9000) SELECT n + 0.5, 0.5, 0.5, 0.5 FROM t",
      "batch_too_large",
    ],
    ["an integer overflow", "SELECT abs(-9223372036854775807 - 1)", "invalid_request"],
    ["malformed JSON", "SELECT json('{')", "invalid_request"],
  ])("is bounded in %s", async (_name, text, code) => {
    expect((await refusal(text)).code).toBe(code);
  });

  test.each([
    ["a blob", "SELECT hex(zeroblob(490000000)) || 'x'"],
    ["random bytes", "SELECT hex(randomblob(400000000))"],
    ["a replacement", "SELECT replace(hex(zeroblob(30000)), '0', hex(zeroblob(8000)))"],
    ["a format", "SELECT printf('%0900000000d', 1)"],
    ["a concatenation", `SELECT group_concat(hex(randomblob(100000))) FROM (${ENDLESS.replace("count(*)", "n")})`],
    [
      "a big sort",
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT randomblob(1000) AS r FROM t ORDER BY r",
    ],
    [
      "a recursion that remembers",
      "WITH RECURSIVE t(n, r) AS (SELECT 1, '' UNION SELECT n + 1, hex(randomblob(2000)) FROM t) SELECT count(*) FROM t",
    ],
    [
      "a json array",
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT json_group_array(hex(randomblob(1000))) FROM t",
    ],
    [
      "rows of the driver",
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(r) OVER (PARTITION BY r) FROM (SELECT n, randomblob(1000) AS r FROM t)",
    ],
  ])("is bounded in memory: %s", async (_name, text) => {
    const error = await refusal(text);
    expect(["resource_exhausted", "batch_too_large"]).toContain(error.code);
    expect(error.retryable).toBe(false);
    expect(await rows("SELECT 1")).toEqual([[1]]);
  });

  test.each([
    ["a recursion without end", ENDLESS],
    [
      "a plan without end",
      `EXPLAIN QUERY PLAN WITH ${Array.from(
        { length: 40 },
        (_, n) => `t${n + 1} AS (SELECT * FROM t${n} AS a, t${n} AS b)`,
      )
        .join(", ")
        .replace("t1 AS", "t0 AS (SELECT 1), t1 AS")} SELECT * FROM t40`,
    ],
  ])("is interrupted at its deadline: %s", async (_name, text) => {
    const startMs = performance.now();
    const error = await refusal(text, { deadlineMs: 1_500 });
    expect(error.code).toMatch(/^(timeout|invalid_request)$/);
    expect(performance.now() - startMs).toBeLessThan(6_000);
    expect(await rows("SELECT 1")).toEqual([[1]]);
  });

  test("is interrupted when nobody wants the answer any more", async () => {
    const abort = new AbortController();
    const pending = refusal(ENDLESS, { signal: abort.signal });
    setTimeout(() => abort.abort(), 300);
    expect(await pending).toMatchObject({ code: "timeout", retryable: false });
  });

  test("holds up neither the machine nor, beyond their number, the other queries for longer than it may", async () => {
    const log = new LogScript();
    const runaways = [1, 2].map(() => refusal(ENDLESS, { deadlineMs: 1_000 }));
    const waiting = rows("SELECT 5");
    expect(await machine.apply(log.entries)).toMatchObject({ kind: "applied" });
    expect((await Promise.all(runaways)).map((error) => error.code)).toEqual(["timeout", "timeout"]);
    expect(await waiting).toEqual([[5]]);
  });

  test("waits among so many, and is refused beyond", async () => {
    const runaways = [1, 2].map(() => refusal(ENDLESS, { deadlineMs: 2_000 }));
    const waiting = Array.from({ length: 64 }, () => rows("SELECT 1"));
    expect(await refusal("SELECT 1")).toMatchObject({ code: "resource_exhausted", retryable: true });
    await Promise.all(runaways);
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 64 }, () => [[1]]));
  });

  test("asks for a state that is there", async () => {
    const { index } = machine.appliedState.lastApplied;
    expect(await rows("SELECT 1", { appliedIndexMin: index })).toEqual([[1]]);
    expect(await refusal("SELECT 1", { appliedIndexMin: index + 1 })).toMatchObject({
      code: "unavailable",
      retryable: true,
    });
  });
});
