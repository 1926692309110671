import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { stateMachineLimits } from "../src/limits.ts";
import { applied, historyOf } from "../src/testing/applying.ts";
import { LogScript } from "../src/testing/index.ts";
import { SqliteSubject, type SqliteReplica } from "./sqlite-subject.ts";

const HOUR_MS = stateMachineLimits.historyAgeMsMax + 1;
/** Far above what may gather before it is deleted, far below what is written. */
const STALE_ROWS_MAX = 300;
const MIB = 1_048_576;

/** What the history has and what its table has, which may be more. */
function rowsOf({ directory, machine }: SqliteReplica): { readonly kept: number; readonly stored: number } {
  const database = new DatabaseSync(join(directory, "state.sqlite"), { readOnly: true });
  const stored = Number(database.prepare("SELECT count(*) AS count FROM changes").get()?.["count"]);
  database.close();
  return { kept: historyOf(machine).length, stored };
}

describe("the table of changes", () => {
  const subject = new SqliteSubject({ maintenance: "inline" });
  afterEach(() => subject.dispose());

  test.each([
    ["one long life", 1, 20],
    ["many short ones", 20, 1],
  ])("loses what is no longer kept, if not at once, in %s of the machine", async (_name, lives, hours) => {
    const replica = await subject.openReplica();
    const log = new LogScript();
    for (let life = 0; life < lives; life += 1) {
      for (let hour = 0; hour < hours; hour += 1) {
        log.logTimeMs += HOUR_MS;
        const entries = Array.from({ length: 70 }, (_, i) => log.set(`k/${i}`, String(hour)));
        await applied(replica.machine, entries);
      }
      const { kept, stored } = rowsOf(replica);
      expect(kept).toBe(70);
      expect(stored - kept).toBeLessThan(STALE_ROWS_MAX);
      await replica.restart();
      expect(historyOf(replica.machine).length).toBe(70);
    }
    expect(replica.machine.revision).toBeGreaterThan(4 * STALE_ROWS_MAX);
  });

  test("loses large rows sooner", async () => {
    const replica = await subject.openReplica();
    const log = new LogScript();
    for (let i = 0; i < 10; i += 1) {
      log.logTimeMs += HOUR_MS;
      await applied(replica.machine, [log.write({ kind: "set", key: `k/${i}`, value: new Uint8Array(MIB / 2) })]);
      const { kept, stored } = rowsOf(replica);
      expect(kept).toBe(1);
      expect(stored - kept).toBeLessThanOrEqual(2);
    }
  });
});
