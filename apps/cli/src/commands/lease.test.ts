import { AspenError, type KeyValueStore } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { MemoryHost, storeWith, textBytes } from "../../test/memory-host.ts";

async function hostWithLease(ttlMs = 30_000): Promise<MemoryHost> {
  const host = new MemoryHost();
  await host.store.write({ kind: "leaseGrant", leaseId: 12, ttlMs });
  return host;
}

async function bind(host: MemoryHost, ...keys: string[]): Promise<void> {
  for (const key of keys) await host.store.write({ kind: "set", key, value: textBytes(""), leaseId: 12 });
}

describe("lease grant", () => {
  test("prints the lease as a line, as JSON, and its bare id", async () => {
    const host = new MemoryHost();
    expect(await host.run("lease", "grant", "30s", "--id", "12")).toMatchObject({
      exitCode: 0,
      output: "lease 12 granted for 30 s\n",
    });
    const { output } = await host.run("lease", "grant", "1500ms", "--id", "13", "-o", "json");
    expect(JSON.parse(output)).toEqual({ leaseId: "13", ttlMs: 1_500, revision: 0 });
    expect((await host.run("lease", "grant", "1h", "--id", "14", "-o", "raw")).output).toBe("14\n");
  });

  test("the cluster chooses the id when none is given", async () => {
    const host = new MemoryHost();
    const id = (await host.run("lease", "grant", "30s", "-o", "raw")).output.trim();
    expect(id).toMatch(/^[1-9]\d*$/);
    expect((await host.run("lease", "ttl", id)).exitCode).toBe(0);
  });

  test("an id that is taken ends it with 3", async () => {
    const run = await (await hostWithLease()).run("lease", "grant", "30s", "--id", "12");
    expect(run).toMatchObject({ exitCode: 3, errors: "aspen: conflict: there is a lease with this number\n" });
  });
});

describe("lease revoke", () => {
  test("ends the lease and its keys, and counts them", async () => {
    const host = await hostWithLease();
    await bind(host, "a", "b");
    expect(await host.run("lease", "revoke", "12")).toMatchObject({
      exitCode: 0,
      output: "lease 12 revoked; 2 keys deleted; revision 3\n",
    });
    expect((await host.run("kv", "get", "a")).exitCode).toBe(3);
  });

  test("revoking what is not there succeeds and says so", async () => {
    const host = await hostWithLease();
    await bind(host, "a");
    expect((await host.run("lease", "revoke", "12", "-o", "raw")).output).toBe("1\n");
    expect(await host.run("lease", "revoke", "12")).toMatchObject({
      exitCode: 0,
      output: "there is no lease 12; nothing deleted; revision 2\n",
    });
    expect(JSON.parse((await host.run("lease", "revoke", "12", "-o", "json")).output)).toEqual({
      leaseId: "12",
      wasGranted: false,
      deletedCount: 0,
      revision: 2,
    });
  });
});

describe("lease ttl", () => {
  test("prints what was granted and what is left of it", async () => {
    const host = await hostWithLease();
    await bind(host, "b", "a");
    host.nowMs = 10_000.25;
    expect((await host.run("lease", "ttl", "12")).output).toBe(
      "lease    12\ngranted  30 s\nleft     20 s\nkeys     2\n",
    );
    expect((await host.run("lease", "ttl", "12", "-o", "raw")).output).toBe("19999\n");
    expect(JSON.parse((await host.run("lease", "ttl", "12", "-o", "json")).output)).toEqual({
      leaseId: "12",
      ttlMs: 30_000,
      remainingMs: 19_999,
      keyCount: 2,
      consistency: "linearizable",
      appliedIndex: 3,
      revision: 2,
    });
  });

  test("--keys names the keys, in their order", async () => {
    const host = await hostWithLease();
    await bind(host, "b", "a\u001b");
    expect((await host.run("lease", "ttl", "12", "--keys")).output).toMatch(/keys {5}2\n {2}a\\u001b\n {2}b\n$/);
    expect((await host.run("lease", "ttl", "12", "--keys", "-o", "raw")).output).toBe("a\u001b\nb\n");
    expect(JSON.parse((await host.run("lease", "ttl", "12", "--keys", "-o", "json")).output)).toMatchObject({
      keyCount: 2,
      keys: ["a\u001b", "b"],
    });
  });

  test("--keys says when it has not named all of them", async () => {
    const { store } = await hostWithLease();
    const full = storeWith(store, {
      getLease: async (request) => ({ ...(await store.getLease(request)), keys: ["a", "b"], keyCount: 3 }),
    });
    const run = await new MemoryHost({ store: full }).run("lease", "ttl", "12", "--keys");
    expect(run.errors).toBe("the first 2 of 3 keys\n");
  });

  test("ends with 3 when there is no such lease", async () => {
    const host = await hostWithLease();
    host.nowMs = 30_000;
    expect(await host.run("lease", "ttl", "12")).toMatchObject({
      exitCode: 3,
      output: "",
      errors: "aspen: not_found: there is no lease 12\n",
    });
  });
});

describe("lease list", () => {
  test("lists the leases in the order of their ids, those that keys have of their own included", async () => {
    const host = await hostWithLease();
    await host.store.write({ kind: "leaseGrant", leaseId: 7, ttlMs: 500 });
    await host.run("kv", "put", "a", "1", "--ttl", "1h");
    const own = (await host.store.get({ key: "a" })).entry?.leaseId;
    const ids = [7, 12, own ?? 0].sort((first, second) => first - second);
    expect((await host.run("lease", "list", "-o", "raw")).output).toBe(ids.map((id) => `${id}\n`).join(""));
    const lines = (await host.run("lease", "list", "-o", "jsonl")).output.trimEnd().split("\n");
    expect(lines).toContain('{"leaseId":"12","ttlMs":30000,"remainingMs":30000}');
    expect(lines).toHaveLength(3);
  });

  test("as a table and as one document", async () => {
    const host = await hostWithLease();
    host.nowMs = 1_000;
    expect((await host.run("lease", "list")).output).toBe("LEASE  GRANTED  LEFT\n   12     30 s  29 s\n");
    expect(JSON.parse((await host.run("lease", "list", "-o", "json")).output)).toMatchObject({
      leases: [{ leaseId: "12" }],
      consistency: "linearizable",
    });
    expect((await new MemoryHost().run("lease", "list", "-o", "json")).exitCode).toBe(0);
    expect((await new MemoryHost().run("lease", "list")).output).toBe("LEASE  GRANTED  LEFT\n");
  });

  test("all of them, page by page", async () => {
    const host = new MemoryHost();
    for (let leaseId = 1; leaseId <= 2_500; leaseId += 1) {
      await host.store.write({ kind: "leaseGrant", leaseId, ttlMs: 1_000 });
    }
    const { output } = await host.run("lease", "list", "-o", "raw");
    expect(output).toBe(Array.from({ length: 2_500 }, (_, position) => `${position + 1}\n`).join(""));
  });
});

describe("lease keep-alive", () => {
  test("--once renews once", async () => {
    const host = await hostWithLease();
    host.nowMs = 20_000;
    expect(await host.run("lease", "keep-alive", "12", "--once")).toMatchObject({
      exitCode: 0,
      output: "lease 12 kept alive for 30 s\n",
    });
    expect((await host.run("lease", "ttl", "12", "-o", "raw")).output).toBe("30000\n");
    expect((await host.run("lease", "keep-alive", "12", "--once", "-o", "raw")).output).toBe("30000\n");
    expect(JSON.parse((await host.run("lease", "keep-alive", "12", "--once", "-o", "json")).output)).toEqual({
      leaseId: "12",
      ttlMs: 30_000,
      remainingMs: 30_000,
    });
  });

  test("there is no such lease: it ends with 3, once or not", async () => {
    for (const words of [["--once"], []]) {
      expect(await new MemoryHost().run("lease", "keep-alive", "12", ...words)).toMatchObject({
        exitCode: 3,
        output: "",
        errors: "aspen: not_found: there is no lease 12\n",
      });
    }
  });

  test("renews whenever a third of the time has passed, until Ctrl-C, and that is no failure", async () => {
    const waits: number[] = [];
    const host: MemoryHost = new MemoryHost({
      onWait: ({ nowMs }) => {
        waits.push(nowMs);
        if (waits.length === 5) host.interrupt();
      },
    });
    await host.store.write({ kind: "leaseGrant", leaseId: 12, ttlMs: 30_000 });
    const run = await host.run("lease", "keep-alive", "12", "-o", "jsonl");
    expect(run).toMatchObject({ exitCode: 0, errors: "" });
    expect(run.output).toBe('{"leaseId":"12","ttlMs":30000,"remainingMs":30000}\n'.repeat(5));
    expect(waits).toEqual([10_000, 20_000, 30_000, 40_000, 50_000]);
    expect((await host.run("lease", "ttl", "12")).exitCode).toBe(0);
    expect(host.closedClients).toBe(2);
  });

  test("ends with 3 when the lease is revoked meanwhile", async () => {
    const host = new MemoryHost({
      onWait: async ({ store }) => void (await store.write({ kind: "leaseRevoke", leaseId: 12 })),
    });
    await host.store.write({ kind: "leaseGrant", leaseId: 12, ttlMs: 30_000 });
    expect(await host.run("lease", "keep-alive", "12")).toMatchObject({
      exitCode: 3,
      output: "lease 12 kept alive for 30 s\n",
      errors: "aspen: not_found: lease 12 has ended\n",
    });
  });

  /** A cluster that answers the calls with these numbers only. */
  function flaky(answered: readonly number[], onWait: (host: MemoryHost) => void = () => {}): MemoryHost {
    let calls = 0;
    const wrapStore = (store: KeyValueStore) =>
      storeWith(store, {
        keepLeaseAlive: async (leaseId) => {
          calls += 1;
          if (!answered.includes(calls)) throw new AspenError("unavailable", "no quorum");
          return store.keepLeaseAlive(leaseId);
        },
      });
    return new MemoryHost({ wrapStore, onWait });
  }

  test("a cluster that cannot be reached is asked again while the lease may still be there", async () => {
    const host = flaky([1, 4], ({ nowMs }) => {
      if (nowMs > 20_000) host.interrupt();
    });
    await host.store.write({ kind: "leaseGrant", leaseId: 12, ttlMs: 30_000 });
    const run = await host.run("lease", "keep-alive", "12");
    expect(run).toMatchObject({ exitCode: 0, output: "lease 12 kept alive for 30 s\n".repeat(2) });
    expect(run.errors).toBe("aspen: unavailable: no quorum; trying again\n".repeat(2));
  });

  test("and no longer: it ends as the last try did", async () => {
    const host = flaky([1]);
    await host.store.write({ kind: "leaseGrant", leaseId: 12, ttlMs: 3_900 });
    const run = await host.run("lease", "keep-alive", "12");
    expect(run.exitCode).toBe(4);
    expect(run.errors).toContain("aspen: unavailable: no quorum\n");
    expect(host.nowMs).toBe(3_900);
  });

  test("the first time nothing is tried again", async () => {
    const host = flaky([]);
    expect(await host.run("lease", "keep-alive", "12")).toMatchObject({ exitCode: 4, output: "" });
    expect(host.nowMs).toBe(0);
  });
});
