import { AspenError, type Watch } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { MemoryHost, storeWith, textBytes } from "../../test/memory-host.ts";

async function hostWithHistory(): Promise<MemoryHost> {
  const host = new MemoryHost();
  await host.store.write({ kind: "set", key: "a", value: textBytes("one") });
  await host.store.write({ kind: "set", key: "b\n", value: new Uint8Array([255]) });
  await host.store.write({ kind: "set", key: "a", value: textBytes("two") });
  await host.store.write({ kind: "delete", key: "a" });
  return host;
}

describe("kv watch", () => {
  test("prints what happened to a key, a line each", async () => {
    const run = await (await hostWithHistory()).run("kv", "watch", "a", "--from", "1", "--count", "3", "--prev");
    expect(run).toMatchObject({
      exitCode: 0,
      output: "1  put    a = one\n3  put    a = two  (was one)\n4  delete a  (was two)\n",
    });
  });

  test("what is no text or would move the cursor is shown as such", async () => {
    const run = await (await hostWithHistory()).run("kv", "watch", "--prefix", "b", "--from", "1", "--count", "1");
    expect(run.output).toBe("2  put    b\\n = (1 bytes that are no text)\n");
  });

  test("as lines of JSON, a revision each, and as bare bytes", async () => {
    const args = ["kv", "watch", "--all", "--from", "3", "--count", "2"];
    const { output } = await (await hostWithHistory()).run(...args, "-o", "jsonl");
    const put = { kind: "put", key: "a", value: "two", createRevision: 1, modRevision: 3, version: 2 };
    expect(
      output
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { revision: 3, changes: [put] },
      { revision: 4, changes: [{ kind: "delete", key: "a" }] },
    ]);
    expect((await (await hostWithHistory()).run(...args, "-o", "raw")).output).toBe("a\ttwo\na\n");
  });

  test.each([
    [["kv", "watch"], "name a key, or give"],
    [["kv", "watch", "a", "--all"], "not both"],
    [["kv", "watch", "a", "--from", "0"], "--from"],
    [["kv", "watch", "a", "--count", "x"], "--count"],
    [["kv", "watch", "a", "--progress", "5"], "no duration"],
  ])("%j is refused", async (args, message) => {
    const { exitCode, errors } = await new MemoryHost().run(...args);
    expect(exitCode).toBe(2);
    expect(errors).toContain(message);
  });

  test("an end that is not its own is an error", async () => {
    const lagged = new AspenError("lagged", "too far behind", { details: { lastRevision: 7 } });
    const watch: Watch = {
      fromRevision: 1,
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(lagged) }),
    };
    const host = new MemoryHost({ wrapStore: (store) => storeWith(store, { watch: async () => watch }) });
    const run = await host.run("kv", "watch", "a");
    expect(run.exitCode).not.toBe(0);
    expect(run.errors).toContain("lagged: too far behind");
  });
});
