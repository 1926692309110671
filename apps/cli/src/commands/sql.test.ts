import { AspenError, type CallOptions, type SqlQueryRequest, type SqlStore } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { MemoryHost, textBytes } from "../../test/memory-host.ts";
import type { Prompt, PromptLine } from "../host.ts";

const label = { consistency: "linearizable", appliedIndex: 9, revision: 8 } as const;

class ScriptedSql implements SqlStore {
  readonly asked: [SqlQueryRequest, CallOptions | undefined][] = [];

  async query(request: SqlQueryRequest, options?: CallOptions) {
    this.asked.push([request, options]);
    if (request.sql === "bad") throw new AspenError("invalid_request", "no such thing");
    if (request.sql === "endless") {
      return new Promise<never>((_resolve, reject) => {
        options?.signal?.addEventListener("abort", () => reject(new AspenError("timeout", "the caller gave up")));
      });
    }
    const rows = [
      ["a\n", 1, null],
      ["b", 2n ** 60n, new Uint8Array([0xff])],
    ];
    return { ...label, columns: ["key", "n", "value"], rows };
  }
}

function typed(lines: readonly (string | PromptLine)[]): Prompt & { readonly prefixes: string[]; interrupt(): void } {
  const rest = [...lines];
  const prefixes: string[] = [];
  const listeners = new Set<() => void>();
  return {
    prefixes,
    interrupt: () => listeners.forEach((listener) => listener()),
    read: async (prefix) => {
      prefixes.push(prefix);
      const line = rest.shift() ?? { kind: "ended" };
      return typeof line === "string" ? { kind: "line", text: line } : line;
    },
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {},
  };
}

describe("aspen sql", () => {
  test("asks once, with parameters of their kinds, and prints a table", async () => {
    const sql = new ScriptedSql();
    const words = ["sql", "SELECT ?", "7", "x", "1.5", "9007199254740993", "007"];
    const run = await new MemoryHost({ sql }).run(...words, "--timeout", "2s", "--consistency", "stale");
    expect(run).toMatchObject({ exitCode: 0, errors: "" });
    expect(run.output).toBe(
      "key                    n  value\n" + "a\\n                    1  NULL\n" + "b    1152921504606846976  x'ff'\n",
    );
    expect(sql.asked).toEqual([
      [
        { sql: "SELECT ?", parameters: [7, "x", 1.5, 9007199254740993n, "007"], consistency: "stale" },
        { deadlineMs: 2_000 },
      ],
    ]);
  });

  test("prints every format", async () => {
    const host = new MemoryHost({ sql: new ScriptedSql() });
    expect(JSON.parse((await host.run("sql", "x", "-o", "json")).output)).toEqual({
      columns: ["key", "n", "value"],
      rows: [
        ["a\n", 1, null],
        ["b", "1152921504606846976", { base64: "/w==" }],
      ],
      ...label,
    });
    expect((await host.run("sql", "x", "-o", "jsonl")).output.split("\n")[0]).toBe('{"key":"a\\n","n":1,"value":null}');
    expect((await host.run("sql", "x", "-o", "raw")).outputBytes).toEqual(
      Buffer.concat([Buffer.from("a\n\t1\t\nb\t1152921504606846976\t"), Buffer.from([0xff, 0x0a])]),
    );
  });

  test.each([
    [["sql", "bad"], 2],
    [["sql", "x", "--timeout", "31s"], 2],
    [["sql", "x", "--timeout", "2"], 2],
  ])("%j ends with %i", async (words, exitCode) => {
    expect((await new MemoryHost({ sql: new ScriptedSql() }).run(...words)).exitCode).toBe(exitCode);
  });

  test("reads statements from a pipe, up to the first that fails", async () => {
    const sql = new ScriptedSql();
    const input = [textBytes("SELECT ';';\nSELECT\n 2; bad; SEL"), textBytes("ECT 3")];
    expect(await new MemoryHost({ sql, input }).run("sql")).toMatchObject({ exitCode: 2 });
    expect(sql.asked.map(([{ sql: text }]) => text)).toEqual(["SELECT ';'", "SELECT\n 2", "bad"]);
    expect(await new MemoryHost({ sql, input: [textBytes("SELECT 3")] }).run("sql")).toMatchObject({ exitCode: 0 });
  });
});

describe("at a terminal", () => {
  test("statements have lines, errors end nothing, and orders are obeyed", async () => {
    const sql = new ScriptedSql();
    const prompt = typed([
      ".tables",
      ".timer on",
      "SELECT",
      "1;",
      "bad;",
      "given up",
      { kind: "interrupted" },
      ".what",
      ".schema",
      "SELECT 2;",
      ".quit",
    ]);
    const run = await new MemoryHost({ sql, prompt, isTty: true }).run("sql");
    expect(run.exitCode).toBe(0);
    expect(sql.asked.map(([{ sql: text }]) => text)).toEqual(["SELECT\n1", "bad", "SELECT 2"]);
    expect(run.errors).toMatch(/kv {2}leases\n0 ms\naspen: invalid_request: no such thing\nthere is no .what;/);
    expect(run.errors).toContain("lease_id");
    expect(prompt.prefixes.slice(2, 4)).toEqual(["aspen> ", "  ...> "]);
    expect(prompt.prefixes.slice(6, 8)).toEqual(["  ...> ", "aspen> "]);
  });

  test("Ctrl-C ends the query that runs, and the end of the input the command", async () => {
    const prompt = typed(["endless; SELECT 2;"]);
    const sql = new ScriptedSql();
    const running = new MemoryHost({ sql, prompt, isTty: true }).run("sql");
    await expect.poll(() => sql.asked.length).toBe(1);
    prompt.interrupt();
    expect(await running).toMatchObject({ exitCode: 0, errors: "interrupted\n" });
    expect(sql.asked).toHaveLength(1);
  });
});
