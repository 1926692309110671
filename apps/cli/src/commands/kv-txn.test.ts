import { AspenError } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { failingStore, MemoryHost, textBytes } from "../../test/memory-host.ts";

/** Runs a transaction against what is there. */
async function transact(
  text: string,
  {
    pairs = {},
    words = [],
  }: { readonly pairs?: Readonly<Record<string, string>>; readonly words?: readonly string[] } = {},
) {
  const bytes = textBytes(text);
  const half = bytes.byteLength >> 1;
  const host = new MemoryHost({ input: [bytes.subarray(0, half), bytes.subarray(half)] });
  for (const [key, value] of Object.entries(pairs)) {
    await host.store.write({ kind: "set", key, value: textBytes(value) });
  }
  const run = await host.run("kv", "txn", ...words);
  const { entries } = await host.store.scan({ range: { kind: "prefix", prefix: "" } });
  return { ...run, connections: host.connections, entries };
}

const TAKE = 'version("job") = "0"\n\nput job mine\n\nget job\n';

describe("kv txn", () => {
  test("runs the first branch when all compares hold, and ends with 0", async () => {
    const run = await transact(TAKE);
    expect(run).toMatchObject({ exitCode: 0, output: "SUCCESS\n\nOK\n", errors: "" });
    expect(run.entries).toMatchObject([{ key: "job", value: textBytes("mine") }]);
  });

  test("runs the second branch when one does not, and ends with 3", async () => {
    const run = await transact(TAKE, { pairs: { job: "theirs" } });
    expect(run).toMatchObject({ exitCode: 3, output: "FAILURE\n\njob\ntheirs\n", errors: "" });
  });

  test("shows what came of the branch that ran in the way that it asked for", async () => {
    const run = await transact('version("a") = 0\n\nget a --prefix\n\nget a --prefix --keys-only\n', {
      pairs: { a: "1" },
    });
    expect(run.output).toBe("FAILURE\n\na\n");
  });

  test("a branch that is empty does nothing, and still decides how it ends", async () => {
    expect(await transact('value("a") = "1"')).toMatchObject({ exitCode: 3, output: "FAILURE\n" });
    expect(await transact('value("a") = "1"', { pairs: { a: "1" } })).toMatchObject({ output: "SUCCESS\n" });
  });

  test("no compare of the value of a key that does not exist holds", async () => {
    for (const operator of ["=", "!=", "<", ">"]) {
      expect((await transact(`value("a") ${operator} "1"`)).exitCode).toBe(3);
    }
  });

  const pairs = { "a/1": "x", "a/2": "y", b: "z" };
  const ALL_KINDS =
    "\nput b new --prev-kv\nget a/ --prefix\nget a/ --prefix --keys-only\nget a/ --prefix --count-only\n" +
    "get none\ndel a/1 --prev-kv\ndel x\n";

  test("prints each result after an empty line, as etcdctl does", async () => {
    expect((await transact(ALL_KINDS, { pairs })).output).toBe(
      "SUCCESS\n\nOK\nb\nz\n\na/1\nx\na/2\ny\n\na/1\na/2\n\n2\n\n\n1\na/1\nx\n\n0\n",
    );
  });

  test("-o json has a fixed form, and one line with -o jsonl", async () => {
    const [json, lines] = [
      await transact(ALL_KINDS, { pairs, words: ["-o", "json"] }),
      await transact(ALL_KINDS, { pairs, words: ["-o", "jsonl"] }),
    ];
    const z = { key: "b", value: "z", createRevision: 3, modRevision: 3, version: 1 };
    const x = { key: "a/1", value: "x", createRevision: 1, modRevision: 1, version: 1 };
    const y = { key: "a/2", value: "y", createRevision: 2, modRevision: 2, version: 1 };
    const { value: _x, ...xKey } = x;
    const { value: _y, ...yKey } = y;
    const expected = {
      succeeded: true,
      revision: 4,
      results: [
        { kind: "put", previous: z },
        { kind: "scan", entries: [x, y], count: 2, isTruncated: false },
        { kind: "scan", entries: [xKey, yKey], count: 2, isTruncated: false },
        { kind: "scan", entries: [], count: 2, isTruncated: false },
        { kind: "get", entry: null },
        { kind: "del", deletedCount: 1, previous: [x] },
        { kind: "del", deletedCount: 0, previous: [] },
      ],
    };
    expect(JSON.parse(json.output)).toEqual(expected);
    expect(JSON.parse(lines.output)).toEqual(expected);
    expect(lines.output.split("\n")).toHaveLength(2);
  });

  test("-o raw is what was read: lines of key, tab and value, and numbers of keys", async () => {
    expect((await transact(ALL_KINDS, { pairs, words: ["-o", "raw"] })).output).toBe(
      "b\tz\na/1\tx\na/2\ty\na/1\na/2\n2\na/1\tx\n0\n",
    );
  });

  test("what is read of a range is bounded, and says so", async () => {
    const run = await transact("\nget a/ --prefix --limit=1\n", { pairs });
    expect(run).toMatchObject({
      output: "SUCCESS\n\na/1\nx\n",
      errors: "result 1 is not all there is; more follow: a larger --limit\n",
    });
  });

  test("a value may be of any bytes, and none of them can move the cursor", async () => {
    const run = await transact('\nput a "\\xff\\x00"\nput b "\\x1b[2J"\nget a\nget b\n');
    expect(run.output).toBe("SUCCESS\n\nOK\n\nOK\n\na\n(2 bytes that are no text)\n\nb\n\\u001b[2J\n");
    expect(run.entries.map(({ value }) => value)).toEqual([Uint8Array.of(0xff, 0), textBytes("\u001b[2J")]);
  });

  test("what cannot be read ends it with 2, names its place, and asks nobody", async () => {
    const run = await transact('value("a") == "b"\n');
    expect(run).toMatchObject({ exitCode: 2, output: "", connections: [] });
    expect(run.errors).toBe('aspen: invalid_request: line 1, column 12: expected one of = != < >, found == "b"\n');
    expect(await transact("\n\n\n\nput a 1\n")).toMatchObject({ exitCode: 2, connections: [], entries: [] });
    expect(await transact(" ".repeat(9_000_000))).toMatchObject({ exitCode: 2, connections: [] });
  });

  test("a lease that is not there ends it with 3, and nothing is written", async () => {
    const run = await transact("\nput a 1\nput b 1 --lease=12\n");
    expect(run).toMatchObject({ exitCode: 3, output: "", errors: "aspen: not_found: there is no such lease\n" });
    expect(run.entries).toEqual([]);
  });

  test("a failure of the cluster is one as everywhere", async () => {
    const store = failingStore(new AspenError("unavailable", "no quorum"));
    const host = new MemoryHost({ store, input: [textBytes(TAKE)] });
    expect((await host.run("kv", "txn")).exitCode).toBe(4);
  });
});

describe("at a terminal", () => {
  const PROMPTS = "compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\n";

  test("asks for the parts one by one, on standard error, and ends with the third empty line", async () => {
    const input = ['value("a") = "1"\n', "\n", "put a 2\n", "\n", "put a 1\n", "\n", "nobody reads this\n"].map(
      textBytes,
    );
    const host = new MemoryHost({ input, isTty: true });
    const run = await host.run("kv", "txn");
    expect(run).toMatchObject({ exitCode: 3, output: "FAILURE\n\nOK\n", errors: PROMPTS });
  });

  test("says what is wrong at once", async () => {
    const host = new MemoryHost({ input: [textBytes("nonsense\n")], isTty: true });
    const run = await host.run("kv", "txn");
    expect(run.exitCode).toBe(2);
    expect(run.errors).toMatch(/^compares:\naspen: invalid_request: line 1, column 1: /);
  });
});
