import { AspenError, limits as apiLimits, type KeyValueStore } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { MemoryHost, storeWith, textBytes } from "../../test/memory-host.ts";

async function hostWith(...keys: string[]): Promise<MemoryHost> {
  const host = new MemoryHost();
  for (const key of keys) await host.store.write({ kind: "set", key, value: textBytes(`of ${key}`) });
  return host;
}

async function fill(store: KeyValueStore, count: number): Promise<void> {
  for (let start = 0; start < count; start += 1_000) {
    const length = Math.min(1_000, count - start);
    const pairs = Array.from({ length }, (_, position) => ({
      key: `k/${100_000 + start + position}`,
      value: textBytes("v"),
    }));
    await store.write({ kind: "setMulti", pairs });
  }
}

const keysOf = async (host: MemoryHost) => (await host.run("kv", "scan", "--keys-only", "--all", "-o", "raw")).output;

describe("kv del of a range", () => {
  test("a prefix, from a key on, up to a key, and everything: each at one revision", async () => {
    const names = ["a/1", "a/2", "b", "c", "d"];
    const left = async (...words: string[]) => {
      const host = await hostWith(...names);
      const run = await host.run("kv", "del", ...words);
      expect(run).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^\d deleted; revision 6\n$/) });
      return (await keysOf(host)).split("\n").filter(Boolean);
    };
    expect(await left("--prefix", "a/")).toEqual(["b", "c", "d"]);
    expect(await left("--start", "c")).toEqual(["a/1", "a/2", "b"]);
    expect(await left("--end", "b")).toEqual(["b", "c", "d"]);
    expect(await left("--start", "a/2", "--end", "c")).toEqual(["a/1", "c", "d"]);
    expect(await left("--all")).toEqual([]);
  });

  test("deleting what is not there succeeds and counts 0", async () => {
    const run = await (await hostWith("a")).run("kv", "del", "--prefix", "x", "-o", "json");
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.output)).toEqual({ deletedCount: 0, revision: 1 });
  });

  test("--prev prints what was deleted", async () => {
    const host = await hostWith("a", "b", "c");
    const { output } = await host.run("kv", "del", "--end", "c", "--prev", "-o", "json");
    expect(JSON.parse(output)).toMatchObject({
      deletedCount: 2,
      previous: [{ key: "a" }, { key: "b", value: "of b" }],
    });
    expect((await host.run("kv", "del", "--prefix", "c", "--prev")).output).toBe(
      "1 deleted; revision 5\nKEY  VERSION  MODIFIED  VALUE\nc          1         3  of c\n",
    );
  });

  test("an empty prefix is no way to say everything", async () => {
    const host = await hostWith("a");
    const run = await host.run("kv", "del", "--prefix", "");
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain("an empty text stands for every key there is; if they are meant, say --all");
    expect(await keysOf(host)).toBe("a\n");
  });

  test("a range of too many keys is refused whole, and the way out is named", async () => {
    const host = new MemoryHost();
    await fill(host.store, apiLimits.changedKeysMax + 1);
    const run = await host.run("kv", "del", "--prefix", "k/");
    expect(run).toMatchObject({ exitCode: 1, output: "" });
    expect(run.errors).toBe(
      "aspen: batch_too_large: the range holds more than 10,000 keys, more than one command may delete, and nothing was " +
        "deleted; --in-parts deletes them part by part\n" +
        "  because: batch_too_large: more keys than one command may change, so nothing was changed\n",
    );
    expect((await host.run("kv", "del", "--all", "--prev")).errors).toContain(
      "more than the 4 MiB that --prev may print",
    );
    expect((await host.run("kv", "scan", "--count", "-o", "raw")).output).toBe("10001\n");
  });
});

describe("kv del --in-parts", () => {
  test("deletes however many there are, and leaves what is beside them", async () => {
    const host = await hostWith("a", "k", "l");
    await fill(host.store, 10_500);
    const run = await host.run("kv", "del", "--prefix", "k/", "--in-parts");
    expect(run).toMatchObject({ exitCode: 0, output: "10500 deleted in 11 parts; revision 25\n" });
    expect(await keysOf(host)).toBe("a\nk\nl\n");
  });

  test("says how many parts it took in every format", async () => {
    const host = await hostWith("a", "b");
    expect(JSON.parse((await host.run("kv", "del", "--start", "b", "--in-parts", "-o", "json")).output)).toEqual({
      deletedCount: 1,
      parts: 1,
      revision: 3,
    });
    expect((await host.run("kv", "del", "--all", "--in-parts", "-o", "raw")).output).toBe("1\n");
    expect((await host.run("kv", "del", "--all", "--in-parts")).output).toBe("0 deleted in 0 parts; revision 4\n");
  });

  test("D2: it ends although others go on writing in the range", async () => {
    const { store } = new MemoryHost();
    await fill(store, 2_500);
    let rounds = 0;
    const busy = storeWith(store, {
      scan: async (request) => {
        const page = await store.scan(request);
        await store.write({ kind: "set", key: `k/0 behind us ${rounds++}`, value: textBytes("") });
        return page;
      },
    });
    const run = await new MemoryHost({ store: busy }).run("kv", "del", "--prefix", "k/", "--in-parts", "-o", "raw");
    expect(run).toMatchObject({ exitCode: 0, output: "2500\n" });
    expect(rounds).toBe(3);
  });

  test("Ctrl-C ends it with 1 after the part that is on its way; giving it again goes on", async () => {
    const { store } = new MemoryHost();
    await fill(store, 2_500);
    let isFirst = true;
    const host: MemoryHost = new MemoryHost({
      store: storeWith(store, {
        write: (command) => {
          if (isFirst) host.interrupt();
          isFirst = false;
          return store.write(command);
        },
      }),
    });
    const run = await host.run("kv", "del", "--prefix", "k/", "--in-parts");
    expect(run).toMatchObject({
      exitCode: 1,
      output: "1000 deleted in 1 part; revision 4\n",
      errors: "aspen: interrupted: the rest of the range is still there\n",
    });
    expect((await host.run("kv", "del", "--prefix", "k/", "--in-parts", "-o", "raw")).output).toBe("1500\n");
  });

  test("a failure says how far it got", async () => {
    const { store } = new MemoryHost();
    await fill(store, 2_500);
    let calls = 0;
    const failing = storeWith(store, {
      write: async (command) => {
        calls += 1;
        if (calls === 3) throw new AspenError("unavailable", "no quorum");
        return store.write(command);
      },
    });
    const run = await new MemoryHost({ store: failing }).run("kv", "del", "--prefix", "k/", "--in-parts");
    expect(run).toMatchObject({ exitCode: 4, output: "" });
    expect(run.errors).toBe(
      "2000 keys are deleted; the same command goes on from there\n" +
        "aspen: unavailable: no quorum\n  the ticket came from ASPEN_TICKET\n",
    );
  });
});
