import type { SeededRandom } from "../random/seeded-random.ts";

/**
 * Few keys, in groups: calls with several keys keep to one group, so that histories can be checked group by group. Keys
 * within a group are prefixes of each other and differ in what UTF-16 and UTF-8 order differently.
 */
export class KeySpace {
  readonly #groups: readonly (readonly string[])[];

  constructor(groupCount: number) {
    this.#groups = Array.from({ length: groupCount }, (_, group) =>
      ["a", "aa", "\u{ff61}", "\u{1f600}"].map((key) => `${groupPrefix(group)}${key}`),
    );
  }

  keysOf(group: number): readonly string[] {
    return this.#groups[group] ?? [];
  }

  /** All keys with this prefix. */
  keysBehind(prefix: string): readonly string[] {
    return this.#groups.flat().filter((key) => key.startsWith(prefix));
  }

  pickGroup(random: SeededRandom): number {
    return random.below(this.#groups.length);
  }

  pickKey(random: SeededRandom): string {
    return random.pick(this.keysOf(this.pickGroup(random)));
  }
}

export function groupPrefix(group: number): string {
  return `group-${group}/`;
}

/** The group that a key belongs to. */
export function groupOf(key: string): string {
  return key.slice(0, key.indexOf("/") + 1);
}
