import { AspenError } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { failingStore, MemoryHost, storeWith, textBytes } from "../../test/memory-host.ts";

const BINARY = Uint8Array.of(0xff, 0x00, 0x0a, 0x80);

async function hostWith(pairs: Readonly<Record<string, string | Uint8Array>>): Promise<MemoryHost> {
  const host = new MemoryHost();
  for (const [key, value] of Object.entries(pairs)) {
    await host.store.write({ kind: "set", key, value: typeof value === "string" ? textBytes(value) : value });
  }
  return host;
}

describe("kv get", () => {
  test("prints the entry as a table, as JSON, and its bare value", async () => {
    const host = await hostWith({ greeting: "hello" });
    expect((await host.run("kv", "get", "greeting")).output).toBe(
      "KEY       VERSION  MODIFIED  VALUE\ngreeting        1         1  hello\n",
    );
    const { output } = await host.run("kv", "get", "greeting", "-o", "json");
    expect(JSON.parse(output)).toEqual({
      entry: { key: "greeting", value: "hello", createRevision: 1, modRevision: 1, version: 1 },
      consistency: "linearizable",
      appliedIndex: 1,
      revision: 1,
    });
    expect((await host.run("kv", "get", "greeting", "-o", "raw")).output).toBe("hello");
    expect(host.closedClients).toBe(3);
  });

  test("several keys are read at once, and printed in the order in which they are named", async () => {
    const host = await hostWith({ a: "1", b: "2", c: BINARY });
    expect((await host.run("kv", "get", "b", "a")).output).toBe(
      "KEY  VERSION  MODIFIED  VALUE\nb          1         2  2\na          1         1  1\n",
    );
    expect((await host.run("kv", "get", "c", "a", "-o", "raw")).outputBytes).toEqual(
      Buffer.concat([textBytes("c\t"), BINARY, textBytes("\na\t1\n")]),
    );
    const { output } = await host.run("kv", "get", "b", "a", "-o", "json", "--consistency", "stale");
    expect(JSON.parse(output)).toMatchObject({ entries: [{ key: "b" }, { key: "a" }], missing: [], revision: 3 });
  });

  test("of several keys those that are there are printed, the others are named, and it ends with 3", async () => {
    const host = await hostWith({ a: "1" });
    const errors = 'aspen: not_found: there is no key "x"\naspen: not_found: there is no key "y"\n';
    const raw = await host.run("kv", "get", "x", "a", "y", "-o", "raw");
    expect(raw).toMatchObject({ exitCode: 3, output: "a\t1\n", errors });
    const json = await host.run("kv", "get", "x", "a", "y", "-o", "json");
    expect(json).toMatchObject({ exitCode: 3, errors });
    expect(JSON.parse(json.output)).toMatchObject({ entries: [{ key: "a" }], missing: ["x", "y"] });
    const lines = await host.run("kv", "get", "x", "a", "y", "-o", "jsonl");
    expect(JSON.parse(lines.output)).toMatchObject({ key: "a", value: "1" });
    expect(await host.run("kv", "get", "x", "y")).toMatchObject({ exitCode: 3, output: "", errors });
  });

  test("a value that is no text goes through raw byte for byte, and is base64 in JSON", async () => {
    const host = await hostWith({ photo: BINARY });
    expect((await host.run("kv", "get", "photo", "-o", "raw")).outputBytes).toEqual(Buffer.from(BINARY));
    expect((await host.run("kv", "get", "photo", "-o", "jsonl")).output).toContain('"valueBase64":"/wAKgA=="');
    expect((await host.run("kv", "get", "photo")).output).toContain("(4 bytes that are no text)");
  });

  test("a key or value cannot move the cursor of a terminal", async () => {
    const host = await hostWith({ "a\u001b[2J": "\u001b]0;title\u0007" });
    const { output } = await host.run("kv", "scan");
    expect(output).not.toContain("\u001b");
    expect(output).toContain("a\\u001b[2J");
  });

  test("ends with 3 when there is no such key", async () => {
    const run = await new MemoryHost().run("kv", "get", "nothing");
    expect(run).toMatchObject({ exitCode: 3, output: "", errors: 'aspen: not_found: there is no key "nothing"\n' });
  });

  test("passes consistency, endpoint and deadline on, wherever they stand", async () => {
    const asked: unknown[] = [];
    const { store } = new MemoryHost();
    const noting = storeWith(store, {
      get: (request) => {
        asked.push(request);
        return store.get(request);
      },
    });
    const host = new MemoryHost({ store: noting });
    await host.run("--deadline", "3s", "kv", "get", "a", "--consistency", "stale", "--endpoint", "127.0.0.1:7601");
    expect(asked).toEqual([{ key: "a", consistency: "stale" }]);
    expect(host.connections).toEqual([{ ticket: "a ticket", endpoint: "/ip4/127.0.0.1/tcp/7601", deadlineMs: 3_000 }]);
  });
});

describe("a local fallback", () => {
  const stale = { consistency: "stale", appliedIndex: 7, revision: 5 } as const;
  const hint = "aspen: stale: no leader answered in time; this is what one node had, at revision 5\n";

  test("is passed on only when it is asked for", async () => {
    const asked: unknown[] = [];
    const { store } = new MemoryHost();
    const noting = storeWith(store, {
      getMulti: (request) => {
        asked.push(request);
        return store.getMulti(request);
      },
      scan: (request) => {
        asked.push(request.fallback);
        return store.scan(request);
      },
    });
    const host = new MemoryHost({ store: noting });
    const run = await host.run("kv", "get", "a", "b", "--fallback", "local");
    expect(run.errors).not.toContain("stale");
    await host.run("kv", "get", "a", "b");
    await host.run("kv", "scan", "--fallback", "local");
    await host.run("kv", "scan", "--count", "--fallback", "local");
    await host.run("kv", "scan");
    expect(asked).toEqual([
      { keys: ["a", "b"], consistency: "linearizable", fallback: "local" },
      { keys: ["a", "b"], consistency: "linearizable" },
      "local",
      "local",
      undefined,
    ]);
    expect(await host.run("kv", "get", "a", "--fallback", "remote")).toMatchObject({ exitCode: 2 });
  });

  test("says so when it was needed, beside the results and in them", async () => {
    const { store } = await hostWith({ a: "1", b: "2" });
    const falling = storeWith(store, {
      get: async (request) => ({ ...(await store.get(request)), ...stale }),
      getMulti: async (request) => ({ ...(await store.getMulti(request)), ...stale }),
      scan: async (request) => ({ ...(await store.scan(request)), ...stale }),
    });
    const host = new MemoryHost({ store: falling });
    for (const command of [["get", "a"], ["get", "a", "b"], ["scan"], ["scan", "--count"]]) {
      const run = await host.run("kv", ...command, "--fallback", "local", "-o", "json");
      expect(JSON.parse(run.output)).toMatchObject(stale);
      expect(run.errors).toContain(hint);
      expect((await host.run("kv", ...command, "--fallback", "local")).errors).toContain(hint);
    }
    // Whoever asks for stale data gets what was asked for.
    expect((await host.run("kv", "get", "a", "--consistency", "stale")).errors).toBe("");
  });

  test("the whole of a scan is as stale as its stalest page", async () => {
    const keys = Array.from({ length: 2_500 }, (_, item) => `key ${String(item).padStart(4, "0")}`);
    const { store } = await hostWith({});
    for (const part of [keys.slice(0, 1_000), keys.slice(1_000, 2_000), keys.slice(2_000)]) {
      await store.write({ kind: "setMulti", pairs: part.map((key) => ({ key, value: textBytes("v") })) });
    }
    let pages = 0;
    const falling = storeWith(store, {
      scan: async (request) => {
        pages += 1;
        return pages === 2 ? { ...(await store.scan(request)), ...stale } : store.scan(request);
      },
    });
    const run = await new MemoryHost({ store: falling }).run(
      "kv",
      "scan",
      "--all",
      "--fallback",
      "local",
      "-o",
      "json",
    );
    expect(JSON.parse(run.output)).toMatchObject({ count: 2_500, ...stale });
    expect([pages, run.errors]).toEqual([3, hint]);
  });
});

describe("kv put", () => {
  test("takes the value from the command line, or every byte of standard input", async () => {
    const host = new MemoryHost({ input: [BINARY.subarray(0, 2), BINARY.subarray(2)] });
    expect(await host.run("kv", "put", "a", "1")).toMatchObject({ exitCode: 0, output: "revision 1\n" });
    await host.run("kv", "put", "b", "-");
    await host.run("kv", "put", "c");
    expect((await host.store.get({ key: "a" })).entry?.value).toEqual(textBytes("1"));
    for (const key of ["b", "c"]) expect((await host.store.get({ key })).entry?.value).toEqual(BINARY);
  });

  test("--prev prints what was there", async () => {
    const host = await hostWith({ a: "old" });
    expect((await host.run("kv", "put", "a", "new", "--prev", "-o", "raw")).output).toBe("old");
    const { output } = await host.run("kv", "put", "b", "new", "--prev", "-o", "json");
    expect(JSON.parse(output)).toEqual({ revision: 3, previous: null });
  });

  test("--ttl gives the key a time to live, --lease that of a lease; neither takes it away", async () => {
    const host = new MemoryHost();
    await host.run("lease", "grant", "1m", "--id", "12");
    await host.run("kv", "put", "a", "1", "--ttl", "30s");
    await host.run("kv", "put", "b", "2", "--lease", "12");
    await host.run("kv", "put", "c", "3", "--lease", "12");
    await host.run("kv", "put", "c", "3");
    const left = async () => (await host.run("kv", "scan", "--keys-only", "-o", "raw")).output;
    expect(await left()).toBe("a\nb\nc\n");
    host.nowMs = 30_000;
    expect(await left()).toBe("b\nc\n");
    host.nowMs = 60_000;
    expect(await left()).toBe("c\n");
  });

  test("a lease that is not there ends it with 3", async () => {
    const run = await new MemoryHost().run("kv", "put", "a", "1", "--lease", "12");
    expect(run).toMatchObject({ exitCode: 3, errors: "aspen: not_found: there is no such lease\n" });
  });

  test("an entry tells the lease it is bound to, in a column that is there when one of them has one", async () => {
    const host = new MemoryHost();
    await host.run("lease", "grant", "1m", "--id", "12");
    await host.run("kv", "put", "a", "1", "--lease", "12");
    await host.run("kv", "put", "b", "2");
    expect((await host.run("kv", "get", "a", "b")).output).toBe(
      "KEY  VERSION  MODIFIED  LEASE  VALUE\na          1         1     12  1\nb          1         2      -  2\n",
    );
    const { output } = await host.run("kv", "get", "a", "-o", "json");
    expect(JSON.parse(output)).toMatchObject({ entry: { key: "a", leaseId: "12" } });
    expect((await host.run("kv", "get", "b")).output).not.toContain("LEASE");
  });

  test("what starts with a dash comes after --", async () => {
    const host = new MemoryHost();
    expect(await host.run("kv", "put", "--", "-k", "-v")).toMatchObject({ exitCode: 0 });
    expect((await host.store.get({ key: "-k" })).entry?.value).toEqual(textBytes("-v"));
  });

  test("a value that is too large is refused before it is read whole", async () => {
    const host = new MemoryHost({ input: Array.from({ length: 20 }, () => new Uint8Array(100_000)) });
    expect(await host.run("kv", "put", "a")).toMatchObject({ exitCode: 1 });
    expect(host.connections).toEqual([]);
  });
});

describe("kv del", () => {
  test("counts what was there", async () => {
    const host = await hostWith({ a: "1", b: "2" });
    expect((await host.run("kv", "del", "a", "x", "-o", "raw")).output).toBe("1\n");
    expect(await host.run("kv", "del", "a")).toMatchObject({ exitCode: 0, output: "0 deleted; revision 3\n" });
    const { output } = await host.run("kv", "del", "b", "--prev", "-o", "json");
    expect(JSON.parse(output)).toMatchObject({ deletedCount: 1, previous: [{ key: "b", value: "2" }] });
  });
});

describe("kv scan", () => {
  const letters = { "a/1": "x", "a/2": "y", b: "z" };

  test("a prefix, a range, backwards, keys only, a count", async () => {
    const host = await hostWith(letters);
    const raw = async (...words: string[]) => (await host.run("kv", "scan", ...words, "-o", "raw")).output;
    expect(await raw("a/")).toBe("a/1\tx\na/2\ty\n");
    expect(await raw("--start", "a/2", "--keys-only")).toBe("a/2\nb\n");
    expect(await raw("--end", "b", "--keys-only", "--reverse")).toBe("a/2\na/1\n");
    expect(await raw("a/", "--count")).toBe("2\n");
    expect((await host.run("kv", "scan", "a/", "--start", "a")).exitCode).toBe(2);
  });

  test("follows continuations as far as asked, and says when there is more", async () => {
    const host = new MemoryHost();
    for (let start = 0; start < 2_500; start += 500) {
      const pairs = Array.from({ length: 500 }, (_, position) => ({
        key: String(10_000 + start + position),
        value: textBytes(""),
      }));
      await host.store.write({ kind: "setMulti", pairs });
    }
    const keysOf = async (...words: string[]) => {
      const { output } = await host.run("kv", "scan", "--keys-only", "-o", "raw", ...words);
      return output.trimEnd().split("\n");
    };
    expect(await keysOf()).toHaveLength(1_000);
    expect(await keysOf("--limit", "2100")).toHaveLength(2_100);
    const all = await keysOf("--all");
    expect(all).toEqual(Array.from({ length: 2_500 }, (_, position) => String(10_000 + position)));
    expect((await host.run("kv", "scan", "--keys-only")).errors).toContain("1000 keys; more follow");
  });

  test("JSON is one document, however many pages and even when there is nothing", async () => {
    const host = await hostWith(letters);
    const { output } = await host.run("kv", "scan", "-o", "json", "--limit", "2");
    expect(JSON.parse(output)).toMatchObject({
      count: 2,
      isTruncated: true,
      entries: [{ key: "a/1" }, { key: "a/2" }],
    });
    const nothing = await host.run("kv", "scan", "none", "-o", "json");
    expect(JSON.parse(nothing.output)).toMatchObject({ entries: [], count: 0, isTruncated: false });
  });

  test("the first page with a lease on it brings the column and the headings along", async () => {
    const host = new MemoryHost();
    const pairs = Array.from({ length: 2_100 }, (_, position) => ({
      key: String(10_000 + position),
      value: textBytes(""),
    }));
    await host.store.write({ kind: "setMulti", pairs: pairs.slice(0, 1_000) });
    await host.store.write({ kind: "setMulti", pairs: pairs.slice(1_000, 2_000) });
    await host.store.write({ kind: "setMulti", pairs: pairs.slice(2_000) });
    await host.store.write({ kind: "set", key: "11200", value: textBytes(""), ttlMs: 1_000 });
    const { output } = await host.run("kv", "scan", "--all", "--keys-only");
    const lines = output.split("\n");
    expect(lines[0]).toBe("KEY    VERSION  MODIFIED");
    expect(lines.indexOf("KEY    VERSION  MODIFIED  LEASE")).toBe(1_001);
    expect(lines[2_050]).toMatch(/^12048 .* -$/);
    expect(lines.filter((line) => line.startsWith("KEY"))).toHaveLength(2);
  });

  test("jsonl is one entry on each line", async () => {
    const host = await hostWith(letters);
    const { output } = await host.run("kv", "scan", "-o", "jsonl");
    const keys = output
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly key: string }).key);
    expect(keys).toEqual(["a/1", "a/2", "b"]);
  });
});

describe("kv cas", () => {
  test("sets the value when the key is as expected", async () => {
    const host = new MemoryHost();
    expect((await host.run("kv", "cas", "a", "--expect-absent", "--value", "1")).exitCode).toBe(0);
    expect((await host.run("kv", "cas", "a", "--expect", "1", "--value", "2")).exitCode).toBe(0);
    expect((await host.run("kv", "cas", "a", "--expect-revision", "2", "--value", "3")).exitCode).toBe(0);
    expect((await host.store.get({ key: "a" })).entry?.value).toEqual(textBytes("3"));
  });

  test("ends with 3 and prints what is there when it is not", async () => {
    const host = await hostWith({ a: "1" });
    const run = await host.run("kv", "cas", "a", "--expect-absent", "--value", "2", "-o", "json");
    expect(run.exitCode).toBe(3);
    expect(run.errors).toBe('aspen: conflict: "a" is there, changed last at revision 1\n');
    expect(JSON.parse(run.output)).toMatchObject({ outcome: "conflict", actual: { key: "a", value: "1" } });
    const absent = await host.run("kv", "cas", "b", "--expect", "1", "--value", "2", "-o", "json");
    expect(absent).toMatchObject({ exitCode: 3, errors: 'aspen: conflict: "b" does not exist\n' });
    expect(JSON.parse(absent.output)).toMatchObject({ actual: null });
  });

  test("one expectation must be named, and only one", async () => {
    const host = new MemoryHost();
    expect((await host.run("kv", "cas", "a", "--value", "1")).exitCode).toBe(2);
    expect((await host.run("kv", "cas", "a", "--value", "1", "--expect", "1", "--expect-absent")).exitCode).toBe(2);
    expect((await host.run("kv", "cas", "a", "--expect-absent")).exitCode).toBe(2);
    expect(host.connections).toEqual([]);
  });
});

describe("errors of the cluster", () => {
  test.each([
    [new AspenError("unavailable", "no quorum"), 4],
    [new AspenError("timeout", "too late"), 4],
    [new AspenError("not_leader", "elsewhere"), 4],
    [new AspenError("forbidden", "not yours"), 1],
    [new AspenError("internal", "broken"), 1],
    [new AspenError("invalid_request", "nonsense"), 2],
  ])("%s", async (error, exitCode) => {
    const run = await new MemoryHost({ store: failingStore(error) }).run("kv", "get", "a");
    expect(run.exitCode).toBe(exitCode);
    expect(run.errors).toContain(`aspen: ${error.code}: ${error.message}\n`);
  });

  test("a node that does not lead says who does", async () => {
    const store = failingStore(new AspenError("not_leader", "elsewhere", { details: { leader: 2 } }));
    const { errors } = await new MemoryHost({ store }).run("kv", "put", "a", "1", "--endpoint", "127.0.0.1:7600");
    expect(errors).toContain("  node 2 leads; without --endpoint it would have been asked\n");
  });

  test("a failure tells its causes, and where the ticket came from", async () => {
    const cause = new AspenError("unavailable", "the dial failed", { cause: new Error("connect ECONNREFUSED") });
    const store = failingStore(new AspenError("timeout", "the deadline passed", { cause }));
    expect((await new MemoryHost({ store }).run("kv", "get", "a")).errors).toBe(
      [
        "aspen: timeout: the deadline passed",
        "  because: unavailable: the dial failed",
        "  because: connect ECONNREFUSED",
        "  the ticket came from ASPEN_TICKET",
        "",
      ].join("\n"),
    );
  });
});
