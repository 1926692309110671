/**
 * How many bytes a call allocates: on the heap and outside of it, garbage included.
 *
 * Between two collections the growth of heap and external memory is the sum of what was allocated; every collection in
 * between is seen by V8's own profiler, with the figures from before and after it. So the sum is whole whether or not
 * the garbage was collected meanwhile, and does not depend on when that happened.
 */
import { GCProfiler, getHeapStatistics } from "node:v8";

export interface MemoryFigures {
  readonly usedHeapSize: number;
  readonly externalMemory: number;
}

export function memoryNow(): MemoryFigures {
  const { used_heap_size: usedHeapSize, external_memory: externalMemory } = getHeapStatistics();
  return { usedHeapSize, externalMemory };
}

/** Each part by itself: memory outside of the heap may be given back while the heap grows. */
export function growthBytes(before: MemoryFigures, after: MemoryFigures): number {
  const heapBytes = Math.max(0, after.usedHeapSize - before.usedHeapSize);
  return heapBytes + Math.max(0, after.externalMemory - before.externalMemory);
}

/** How often garbage was collected during the call. Without a collection, `growthBytes` alone is exact. */
export function collectionCount(run: () => void): number {
  const profiler = new GCProfiler();
  profiler.start();
  let count = 0;
  try {
    run();
  } finally {
    count = profiler.stop().statistics.length;
  }
  return count;
}

export function allocatedBytes(run: () => void): number {
  const profiler = new GCProfiler();
  profiler.start();
  let before = memoryNow();
  run();
  const after = memoryNow();
  let bytes = 0;
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    bytes += growthBytes(before, beforeGC.heapStatistics);
    before = afterGC.heapStatistics;
  }
  return bytes + growthBytes(before, after);
}
