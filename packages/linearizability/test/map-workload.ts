import type { MapEntry, MapInput, MapOutput, MapStep } from "../src/models/map-operation.ts";
import type { Operation } from "../src/operation.ts";
import type { Random } from "./random.ts";
import { RealMap } from "./real-objects.ts";
import { recordRun, type RunShape } from "./recorded-run.ts";

export const largeShape: RunShape = { operationCount: 10_000, processCount: 16, unknownPercent: 2, spread: 16 };

const GROUP_SIZE = 4;
const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);

/** Calls on 20 keys in groups of 4. Every write writes something new; what is expected was written not long ago. */
class MapWorkload {
  readonly #random: Random;
  readonly #recent = new Map<string, number>();
  #written = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  keyAndGroup(): { readonly key: string; readonly group: readonly string[] } {
    const key = this.#random.pick(keys);
    const first = keys.indexOf(key) - (keys.indexOf(key) % GROUP_SIZE);
    return { key, group: keys.slice(first, first + GROUP_SIZE) };
  }

  scanOrChange(group: readonly string[], dice: number): MapInput {
    this.#written += 1;
    if (dice % 2 === 0) return { kind: "scan", keys: group };
    return { kind: "setMany", entries: group.map((name): MapEntry => [name, this.#written]) };
  }

  onOneKey(key: string, dice: number): MapInput {
    this.#written += 1;
    if (dice < 50) return { kind: "get", key };
    if (dice < 55) return { kind: "delete", key };
    const expected = this.#recent.get(key);
    this.#recent.set(key, this.#written);
    if (dice < 75) return { kind: "compareAndSwap", key, expected, value: this.#written };
    return { kind: "set", key, value: this.#written };
  }

  /** Reads the group if what it changes was changed by others; every fourth looks at no condition. */
  transaction(group: readonly string[]): MapInput {
    this.#written += 1;
    const changed = [this.#random.pick(group), this.#random.pick(group)];
    const conditionCount = this.#random.below(4) === 0 ? 0 : 1;
    const conditions = changed.slice(0, conditionCount).map((key) => ({ key, expected: this.#recent.get(key) }));
    for (const key of changed) this.#recent.set(key, this.#written);
    const sets = changed.map((key): MapStep => ({ kind: "set", key, value: this.#written }));
    const gets = group.map((key): MapStep => ({ kind: "get", key }));
    return { kind: "transaction", conditions, success: [...sets, ...gets.slice(0, 2)], failure: gets };
  }
}

export function scanHistory(random: Random, scanPercent: number): Operation<MapInput, MapOutput>[] {
  const workload = new MapWorkload(random);
  const next = (): MapInput => {
    const { key, group } = workload.keyAndGroup();
    const dice = random.below(100);
    return dice < scanPercent ? workload.scanOrChange(group, dice) : workload.onOneKey(key, dice);
  };
  return recordRun(new RealMap(random), next, random, largeShape);
}

/** A third of the operations are transactions. */
export function transactionHistory(random: Random): Operation<MapInput, MapOutput>[] {
  const workload = new MapWorkload(random);
  const next = (): MapInput => {
    const { key, group } = workload.keyAndGroup();
    if (random.below(3) === 0) return workload.transaction(group);
    const dice = random.below(100);
    return dice < 20 ? workload.scanOrChange(group, dice) : workload.onOneKey(key, dice);
  };
  return recordRun(new RealMap(random), next, random, largeShape);
}
