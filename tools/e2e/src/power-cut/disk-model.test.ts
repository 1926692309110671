import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DiskCall } from "./disk-call.ts";
import { DiskModel } from "./disk-model.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "aspen-disk-model-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function played(calls: (path: string) => readonly DiskCall[]): Promise<DiskModel> {
  const model = await DiskModel.of(folder);
  model.load(calls(join(folder, "file")));
  model.playUntil(Number.MAX_SAFE_INTEGER);
  return model;
}

const created = (path: string): DiskCall => ({ kind: "create", path, startedMicros: 1, endedMicros: 2 });

function written(path: string, text: string, startedMicros: number, endedMicros = startedMicros + 1): DiskCall {
  return { kind: "write", path, offset: 0, bytes: Buffer.from(text), isSynced: false, startedMicros, endedMicros };
}

function differences(model: DiskModel, content: string | undefined): readonly string[] {
  const found = content === undefined ? [] : ([["file", Buffer.from(content)]] as const);
  return model.differencesFrom(new Map(found), () => true);
}

describe("what is found in the end", () => {
  test("is what the calls that returned have left, and nothing else", async () => {
    const model = await played((path) => [created(path), written(path, "first", 3), written(path, "2nd", 5)]);
    expect(differences(model, "2ndst")).toEqual([]);
    expect(differences(model, "first")).toEqual(["file has another content"]);
    expect(differences(model, "2nd")).toEqual(["file has another content"]);
    expect(differences(model, "2ndst ")).toEqual(["file has another content"]);
    expect(differences(model, undefined)).toEqual(["file is not there"]);
    expect(model.differencesFrom(new Map([["other", Buffer.of()]]), (name) => name === "other")).toEqual([
      "other is there",
    ]);
  });

  test("D4: of a write in which the process died it is all, nothing or a part", async () => {
    const model = await played((path) => [
      created(path),
      written(path, "aaaa", 3),
      written(path, "bbbbbb", 5, Infinity),
    ]);
    for (const content of ["aaaa", "bbbbbb", "bbaa", "bbbb", "bbbbb"]) expect(differences(model, content)).toEqual([]);
    for (const content of ["aaa", "aaca", "bbbbbbb", "bbbbba"]) {
      expect(differences(model, content)).toEqual(["file has another content"]);
    }
  });

  test("D4: a name whose change the process did not live to see may be there or not", async () => {
    const model = await played((path) => [{ ...created(path), endedMicros: Infinity }]);
    expect(differences(model, "")).toEqual([]);
    expect(differences(model, undefined)).toEqual([]);
  });
});
