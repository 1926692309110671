import { afterEach, expect, test } from "vitest";
import { CountingWriter, readCounter } from "../src/counting-writer.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "a leader lost to %s costs no write and doubles none",
  async (signal) => {
    cluster = await ProcessCluster.form(3);
    const client = await cluster.connect({ deadlineMs: 60_000 });
    const writer = new CountingWriter(client.store, "counter");
    await writer.start();
    for (let round = 0; round < 2; round += 1) {
      const leader = await cluster.leader(client);
      await writer.advancedBy(50);
      leader.signal(signal);
      await writer.advancedBy(50);
      if (signal === "SIGSTOP") leader.signal("SIGCONT");
      else {
        await leader.kill();
        await leader.start();
      }
    }
    const report = await writer.stop();
    expect(report.errors.map((error) => `${error.code}: ${error.message}`)).toEqual([]);
    expect(await readCounter(client.store, "counter")).toBe(report.acknowledged);
  },
  300_000,
);
