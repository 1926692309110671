import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AspenError } from "@aspenjs/api";
import { ClusterDirectory } from "./cluster-directory.ts";

let root: string;
let directory: ClusterDirectory;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "aspen-cli-"));
  directory = new ClusterDirectory(root);
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

test("the plan of a cluster is kept; a damaged one is not taken for none", async () => {
  expect(await directory.readPlan()).toBeUndefined();
  const plan = [
    { nodeId: 1, port: 7_600 },
    { nodeId: Number.MAX_SAFE_INTEGER, port: 7_601 },
  ];
  await directory.writePlan(plan);
  expect(await directory.readPlan()).toEqual(plan);
  for (const text of ["", "{}", '{"version":2,"nodes":[]}', '{"version":1,"nodes":[{"nodeId":"x","port":1}]}']) {
    await writeFile(join(root, "cluster.json"), text);
    await expect(directory.readPlan()).rejects.toSatisfy((error) => AspenError.isCode(error, "corrupt"));
  }
});

test("a ticket is for its owner's eyes", async () => {
  await directory.writeTicket("text");
  expect(await directory.readTicket()).toBe("text");
  expect((await stat(directory.ticketPath)).mode & 0o077).toBe(0);
});
