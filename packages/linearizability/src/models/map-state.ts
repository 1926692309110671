import { isSameScalar, type Scalar } from "../scalar.ts";
import { entryText, type MapEntry } from "./map-operation.ts";

interface Slot {
  readonly key: string;
  readonly value: Scalar;
  readonly text: string;
}

/** Keys and values that never change. Slots are in the order of their keys, so that equal maps have equal texts. */
export class MapState {
  readonly text: string;
  readonly #slots: readonly Slot[];

  private constructor(slots: readonly Slot[]) {
    this.#slots = slots;
    this.text = slots.map(({ text }) => text).join(", ");
  }

  static of(entries: Iterable<MapEntry>): MapState {
    return new MapState([]).with(entries);
  }

  /** `undefined` if the key is absent. */
  get(key: string): Scalar | undefined {
    const slot = this.#slots[positionOf(this.#slots, key)];
    return slot?.key === key ? slot.value : undefined;
  }

  /** The same state if nothing changes by it. `undefined` takes the key out. */
  with(changes: Iterable<readonly [key: string, value: Scalar | undefined]>): MapState {
    let slots: Slot[] | undefined;
    for (const [key, value] of changes) {
      const before = slots ?? this.#slots;
      const position = positionOf(before, key);
      const present = before[position]?.key === key ? 1 : 0;
      if (isSameScalar(present === 1 ? before[position]?.value : undefined, value)) continue;
      slots ??= [...this.#slots];
      if (value === undefined) slots.splice(position, 1);
      else slots.splice(position, present, { key, value, text: entryText([key, value]) });
    }
    return slots === undefined ? this : new MapState(slots);
  }
}

/** Where the key is, or would have to be. */
function positionOf(slots: readonly Slot[], key: string): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle]?.key ?? key) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
