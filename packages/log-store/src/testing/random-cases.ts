import type { StorageOutcome } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { assertDone, assertIntact, assertSameLog } from "./log-assertions.ts";
import type { LogStoreSubject } from "./log-store-subject.ts";
import { nextOperation, perform } from "./log-workload.ts";
import { ModelLog } from "./model-log.ts";
import { SeededRandom } from "./seeded-random.ts";

const SEEDS = [1, 2, 3, 4, 5];
const ROUNDS = 6;
const OPERATIONS_PER_ROUND = 25;

export const randomCases: readonly AcceptanceCase<LogStoreSubject>[] = SEEDS.map((seed) => ({
  name: `a random history gives the log that the contract describes (seed ${seed})`,
  async run(subject) {
    const random = new SeededRandom(seed);
    const model = new ModelLog();
    let store = await subject.open();
    for (let round = 0; round < ROUNDS; round += 1) {
      const outcomes: Promise<StorageOutcome>[] = [];
      for (let count = 0; count < OPERATIONS_PER_ROUND; count += 1) {
        const operation = nextOperation(random, model);
        outcomes.push(perform(store, operation));
        model.apply(operation);
        assertSameLog(store, model);
        // An older one, so that later operations meet a transaction under way.
        if (random.below(2) === 0) await outcomes[random.below(outcomes.length)];
      }
      for (const outcome of outcomes) await assertDone(outcome);
      assertSameLog(store, model);
      await assertIntact(store, model.entries.length);
      store = await subject.reopen();
      assertSameLog(store, model);
    }
  },
}));
