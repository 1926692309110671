import type { KeyValueStore } from "../src/key-value-store.ts";
import { createMemoryKeyValueStore } from "../src/memory/memory-key-value-store.ts";
import type { KeyValueStoreSubject } from "../src/testing/key-value-store-subject.ts";
import { ManualClock } from "./manual-clock.ts";

/** A new store in memory whose time passes at once; `wrap` may put something between it and the suite. */
export function memorySubject(wrap: (store: KeyValueStore) => KeyValueStore = (store) => store): KeyValueStoreSubject {
  const clock = new ManualClock();
  return {
    store: wrap(createMemoryKeyValueStore({ clock })),
    pass: async (durationMs) => {
      clock.advance(durationMs);
    },
  };
}
