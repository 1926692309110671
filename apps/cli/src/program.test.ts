import { describe, expect, test } from "vitest";
import { MemoryHost } from "../test/memory-host.ts";

/** Every command there is, by asking each group for its help. */
async function commandPaths(path: readonly string[] = []): Promise<readonly (readonly string[])[]> {
  const { output } = await new MemoryHost().run(...path, "--help");
  const [, list = ""] = /^Commands:\n((?: {2}.*\n?)+)/m.exec(output) ?? [];
  const names = [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "help");
  const deeper = await Promise.all(names.map((name) => commandPaths([...path, name])));
  return [path, ...deeper.flat()];
}

test("every command explains itself with examples, on standard output, and ends with 0", async () => {
  const paths = await commandPaths();
  expect(paths.map((path) => path.join(" "))).toEqual([
    "",
    "up",
    "kv",
    ...["get", "put", "del", "scan", "cas", "txn", "watch", "import", "export"].map((name) => `kv ${name}`),
    "sql",
    "lease",
    ...["grant", "revoke", "keep-alive", "ttl", "list"].map((name) => `lease ${name}`),
    "log",
    "log tail",
    "cluster",
    ...["status", "members", "init", "add-learner", "promote", "change-membership", "remove"].map(
      (name) => `cluster ${name}`,
    ),
    ...["transfer-leader", "snapshot", "metrics", "ticket"].map((name) => `cluster ${name}`),
  ]);
  for (const path of paths) {
    const run = await new MemoryHost().run(...path, "--help");
    expect(run).toMatchObject({ exitCode: 0, errors: "" });
    expect(run.output, path.join(" ")).toContain("Examples:\n  aspen ");
  }
});

describe("usage", () => {
  test.each([
    [[]],
    [["kv"]],
    [["nonsense"]],
    [["kv", "nonsense"]],
    [["kv", "get"]],
    [["kv", "get", "a", "--nonsense"]],
    [["kv", "get", "a", "-o", "xml"]],
    [["kv", "get", "a", "--deadline", "10"]],
    [["kv", "get", "a", "--deadline", "2h"]],
    [["kv", "get", "a", "--endpoint", "nowhere"]],
    [["kv", "get", "a", "--consistency", "eventual"]],
    [["kv", "get", "a", "--ticket", "x", "--ticket-file", "y"]],
    [["kv", "get", "a", "--ticket-file", "missing"]],
    [["kv", "scan", "--limit", "0"]],
    [["kv", "scan", "--count", "--all"]],
    [["kv", "put", "a", "b", "--lease", "1", "--ttl", "30s"]],
    [["kv", "put", "a", "b", "--lease", "0"]],
    [["kv", "put", "a", "b", "--ttl", "30"]],
    [["kv", "put", "a", "b", "--ttl", "99ms"]],
    [["kv", "del"]],
    [["kv", "del", "a", "--prefix", "a"]],
    [["kv", "del", "--prefix", ""]],
    [["kv", "del", "--start", ""]],
    [["kv", "del", "--prefix", "a", "--end", "b"]],
    [["kv", "del", "--all", "--start", "a"]],
    [["kv", "del", "a", "--in-parts"]],
    [["kv", "del", "--all", "--in-parts", "--prev"]],
    [["kv", "txn", "surplus"]],
    [["kv", "txn"]],
    [["lease"]],
    [["lease", "grant"]],
    [["lease", "grant", "30"]],
    [["lease", "grant", "3661d"]],
    [["lease", "grant", "30s", "--id", "9007199254740992"]],
    [["lease", "revoke", "x"]],
    [["lease", "keep-alive", "0"]],
    [["lease", "ttl", "1e3"]],
    [["lease", "list", "surplus"]],
    [["log"]],
    [["log", "tail", "surplus"]],
    [["log", "tail", "--from", "0"]],
    [["log", "tail", "--prefix"]],
    [["log", "tail", "--count", "x"]],
    [["log", "tail", "--progress", "5"]],
    [["up", "--nodes", "0"]],
    [["up", "--once", "--data", "x"]],
  ])("%j ends with 2, says why on standard error, and asks nobody", async (words) => {
    const host = new MemoryHost();
    const run = await host.run(...words);
    expect(run).toMatchObject({ exitCode: 2, output: "" });
    expect(run.errors).not.toBe("");
    expect(host.connections).toEqual([]);
  });

  test("an error names itself, its code and where help is", async () => {
    expect((await new MemoryHost().run("kv", "get", "--limit", "3")).errors).toBe(
      `aspen: invalid_request: unknown option '--limit'\n(try "aspen kv get --help")\n`,
    );
  });

  test("without any ticket it says where it looked", async () => {
    const run = await new MemoryHost({ variables: {} }).run("kv", "get", "a");
    expect(run.exitCode).toBe(2);
    expect(run.errors).toMatch(/no ticket: give --ticket .* ASPEN_TICKET.*aspen up.*\.aspen\/ticket/);
  });
});

test("--version prints the version of the package", async () => {
  expect((await new MemoryHost().run("--version")).output).toMatch(/^\d+\.\d+\.\d+\n$/);
});
