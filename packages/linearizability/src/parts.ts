import { at } from "./assert.ts";
import { unknownOutput, type Model } from "./model.ts";
import type { Operation } from "./operation.ts";

const WHOLE = "";

/** Operations that must be checked together, and the parts of the object that they are about. */
export interface Part<Input, Output> {
  readonly names: readonly string[];
  readonly operations: readonly Operation<Input, Output>[];
}

/**
 * Splits a history into independent ones: two operations are together if they have a part of the object in common, or
 * if a chain of others connects them. Reads without an answer connect nothing, because they say nothing.
 */
export function splitIntoParts<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): Part<Input, Output>[] {
  const groups = new GroupOfName();
  const saying = operations.filter(({ input, outcome }) => {
    return outcome.kind === "returned" || model.isRead?.(input, unknownOutput) !== true;
  });
  const namesOf = ({ input }: Operation<Input, Output>): readonly string[] => {
    const names = model.partsOf?.(input) ?? [WHOLE];
    return names.length === 0 ? [WHOLE] : names;
  };
  for (const operation of saying) groups.join(namesOf(operation));
  const byGroup = Map.groupBy(saying, (operation) => groups.groupOf(at(namesOf(operation), 0)));
  return [...byGroup.values()].map((members) => {
    return { names: [...new Set(members.flatMap(namesOf))].toSorted(), operations: members };
  });
}

/** Disjoint sets of names (Galler and Fischer 1964). */
class GroupOfName {
  readonly #parents = new Map<string, string>();

  groupOf(name: string): string {
    let group = name;
    for (;;) {
      const parent = this.#parents.get(group) ?? group;
      if (parent === group) return group;
      const grandparent = this.#parents.get(parent) ?? parent;
      this.#parents.set(group, grandparent);
      group = grandparent;
    }
  }

  join(names: readonly string[]): void {
    const first = this.groupOf(at(names, 0));
    for (const name of names) this.#parents.set(this.groupOf(name), first);
  }
}
