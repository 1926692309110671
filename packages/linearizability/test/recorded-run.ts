import type { Operation } from "../src/operation.ts";
import type { Random } from "./random.ts";

/** An object that is what it should be: it answers one operation after the other. */
export interface RealObject<Input, Output> {
  call(input: Input): Output;
}

export interface RunShape {
  readonly operationCount: number;
  readonly processCount: number;
  /** How many of a hundred calls get no answer; half of them take no effect either. */
  readonly unknownPercent: number;
  /** How far from its effect a call and its return may be: beside the count of processes, how concurrent the run is. */
  readonly spread: number;
}

/**
 * Calls a real object in one order and records it as if many processes had called it at once: the interval of each
 * call contains the instant at which the object was called, and may contain anything else. Linearizable by making.
 */
export function recordRun<Input, Output>(
  object: RealObject<Input, Output>,
  nextInput: () => Input,
  random: Random,
  { operationCount, processCount, unknownPercent, spread }: RunShape,
): Operation<Input, Output>[] {
  const freeAt = new Map<number, number>();
  const operations: Operation<Input, Output>[] = [];
  for (let position = 1; position <= operationCount; position += 1) {
    const effectAt = position * 4;
    const processId = pickFree(freeAt, processCount, effectAt, random);
    const invokedAt = Math.max(freeAt.get(processId) ?? 0, effectAt - random.below(4 * spread));
    const returnedAt = effectAt + random.below(4 * spread);
    const input = nextInput();
    const isUnknown = random.below(100) < unknownPercent;
    freeAt.set(processId, returnedAt + 1);
    if (isUnknown) {
      if (random.below(2) === 0) object.call(input);
      operations.push({ processId, input, invokedAt, outcome: { kind: "unknown" } });
      continue;
    }
    const output = object.call(input);
    operations.push({ processId, input, invokedAt, outcome: { kind: "returned", output, returnedAt } });
  }
  return operations;
}

/** A process that is not in a call at this time; a new one if all are. */
function pickFree(freeAt: ReadonlyMap<number, number>, processCount: number, time: number, random: Random): number {
  const free = Array.from({ length: processCount }, (_, processId) => processId).filter((processId) => {
    return (freeAt.get(processId) ?? 0) <= time;
  });
  return free.length > 0 ? random.pick(free) : Math.max(processCount, freeAt.size);
}
