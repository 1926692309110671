import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AspenError } from "@aspenjs/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failingStore, MemoryHost, textBytes } from "../../test/memory-host.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aspen-cli-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const FILE = '{"key":"a","value":"1"}\n{"key":"b","valueBase64":"/w=="}\n{"key":"c","value":"ü"}\n';

describe("kv import", () => {
  test("writes a file, and exporting gives its bytes back", async () => {
    await writeFile(join(directory, "in.jsonl"), FILE);
    const host = new MemoryHost({ workingDirectory: directory });
    const run = await host.run("kv", "import", "in.jsonl");
    expect(run).toMatchObject({ exitCode: 0, errors: "" });
    expect(run.output).toMatch(/^3 keys written in .*\/s\n$/);
    expect((await host.run("kv", "export")).output).toBe(FILE);
  });

  test("reads standard input, in one format of output for programs", async () => {
    const bytes = textBytes(FILE);
    const host = new MemoryHost({ input: [bytes.subarray(0, 30), bytes.subarray(30)] });
    const run = await host.run("kv", "import", "-", "-o", "json");
    expect(JSON.parse(run.output)).toMatchObject({ outcome: "complete", pairsWritten: 3, writtenThrough: 3 });
  });

  test("a bad line ends it with 1 and is named; what stands before it is written", async () => {
    await writeFile(join(directory, "in.jsonl"), '{"key":"a","value":"1"}\n{"key":"b"}\n{"key":"c","value":"3"}\n');
    const host = new MemoryHost({ workingDirectory: directory });
    const run = await host.run("kv", "import", "in.jsonl");
    expect(run.exitCode).toBe(1);
    expect(run.errors).toBe("aspen: invalid_request: in.jsonl:2: a line has either value or valueBase64\n");
    expect((await host.run("kv", "scan", "--keys-only", "-o", "raw")).output).toBe("a\n");
  });

  test("a failure says up to which line everything is written", async () => {
    await writeFile(join(directory, "in.jsonl"), FILE);
    const store = failingStore(new AspenError("unavailable", "no quorum"));
    const run = await new MemoryHost({ workingDirectory: directory, store }).run("kv", "import", "in.jsonl");
    expect(run.exitCode).toBe(4);
    expect(run.errors).toContain("aspen: unavailable: no quorum\n");
    expect(run.errors).toContain("every line of in.jsonl up to 0 is written");
  });

  test("Ctrl-C ends it with 1 and says how far it got", async () => {
    const host: MemoryHost = new MemoryHost({
      workingDirectory: directory,
      connect: async () => {
        // The user is quick: before the first line is read.
        host.interrupt();
        return host.client();
      },
    });
    await writeFile(join(directory, "in.jsonl"), FILE);
    const run = await host.run("kv", "import", "in.jsonl");
    expect(run.exitCode).toBe(1);
    expect(run.errors).toBe("aspen: interrupted: every line of in.jsonl up to 0 is written\n");
    expect((await host.run("kv", "scan", "--count", "-o", "raw")).output).toBe("0\n");
  });

  test("no such file, or a batch beyond the limit, is a matter of usage", async () => {
    const host = new MemoryHost({ workingDirectory: directory });
    expect(await host.run("kv", "import", "missing.jsonl")).toMatchObject({ exitCode: 2 });
    expect(await host.run("kv", "import", "-", "--batch", "1001")).toMatchObject({ exitCode: 2 });
    expect(host.connections).toEqual([]);
  });
});

describe("kv export", () => {
  test("a prefix to a file, which is there only when it is whole", async () => {
    const host = new MemoryHost({ workingDirectory: directory });
    await host.store.write({ kind: "set", key: "a/1", value: textBytes("x") });
    await host.store.write({ kind: "set", key: "b", value: textBytes("y") });
    const run = await host.run("kv", "export", "a/", "out.jsonl");
    expect(run).toMatchObject({ exitCode: 0, output: "", errors: "1 keys exported to out.jsonl\n" });
    expect(await readFile(join(directory, "out.jsonl"), "utf8")).toBe('{"key":"a/1","value":"x"}\n');
    expect(await readdir(directory)).toEqual(["out.jsonl"]);
  });

  test("keys and values are exported, the leases that keys are bound to are not", async () => {
    const host = new MemoryHost();
    await host.store.write({ kind: "set", key: "a", value: textBytes("1"), ttlMs: 1_000 });
    expect((await host.run("kv", "export")).output).toBe('{"key":"a","value":"1"}\n');
  });

  test("a failure leaves the file that was there before", async () => {
    await writeFile(join(directory, "out.jsonl"), "before");
    const store = failingStore(new AspenError("unavailable", "no quorum"));
    const run = await new MemoryHost({ workingDirectory: directory, store }).run("kv", "export", "", "out.jsonl");
    expect(run.exitCode).toBe(4);
    expect(await readFile(join(directory, "out.jsonl"), "utf8")).toBe("before");
    expect(await readdir(directory)).toEqual(["out.jsonl"]);
  });
});
