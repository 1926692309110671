/** Starts a query without end, says which process runs it, and waits to be killed. */
import { readdirSync, readFileSync } from "node:fs";
import { openSqliteStateMachine } from "../../src/sqlite/index.ts";

const [directory = ""] = process.argv.slice(2);
const opened = await openSqliteStateMachine({ directory });
if (opened.kind === "fault") throw new Error(opened.fault.message);
const { sql } = opened.machine;
if (sql === undefined) throw new Error("this machine has SQL");
const common = { parameters: [], keyPrefixes: [], appliedIndexMin: 0, deadlineMs: 30_000 };
await sql.read({ ...common, sql: "SELECT 1" });
sql
  .read({
    ...common,
    sql: "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
  })
  .catch(() => {});
const children = readdirSync("/proc/self/task").flatMap((thread) =>
  readFileSync(`/proc/self/task/${thread}/children`, "utf8").trim().split(" "),
);
console.log(children.filter((pid) => pid !== "").join(" "));
