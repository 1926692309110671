import fc from "fast-check";
import type { Model } from "../src/model.ts";
import { createCounterModel, type CounterInput, type CounterOutput } from "../src/models/counter-model.ts";
import { createKeyedModel } from "../src/models/keyed-model.ts";
import { createLockModel, type LockInput, type LockOutput } from "../src/models/lock-model.ts";
import { createMapModel } from "../src/models/map-model.ts";
import type { MapInput, MapOutput } from "../src/models/map-operation.ts";
import { createRegisterModel, type RegisterInput, type RegisterOutput } from "../src/models/register-model.ts";
import {
  createSwapRegisterModel,
  type SwapRegisterInput,
  type SwapRegisterOutput,
} from "../src/models/swap-register-model.ts";
import type { Scalar } from "../src/scalar.ts";
import type { Random } from "./random.ts";
import { RealCounter, RealLock, RealMap, RealRegister, RealSwapRegister } from "./real-objects.ts";
import type { RealObject } from "./recorded-run.ts";

/** What tests need to know of a model: any call with any answer, few enough that answers are often true by chance. */
export interface ModelCase<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  readonly call: fc.Arbitrary<readonly [input: Input, output: Output]>;
  readonly createObject: (random: Random) => RealObject<Input, Output>;
}

type Call<Input, Output> = fc.Arbitrary<readonly [Input, Output]>;

const number = fc.integer({ min: 0, max: 2 });
const key = fc.constantFrom("a", "b");
const scalar = fc.constantFrom<Scalar>(1, 2);
const seen = fc.constantFrom<Scalar | undefined>(1, 2, undefined);
const done: MapOutput = { kind: "done" };

function call<Input, Output>(input: fc.Arbitrary<Input>, output: fc.Arbitrary<Output>): Call<Input, Output> {
  return fc.tuple(input, output);
}

const registerCall: Call<RegisterInput<number>, RegisterOutput<number>> = fc.oneof(
  call(fc.constant({ kind: "read" } as const), number),
  call(fc.record({ kind: fc.constant("write" as const), value: number }), fc.constant(undefined)),
);

const swapRegisterCall: Call<SwapRegisterInput<number>, SwapRegisterOutput<number>> = fc.oneof(
  call(fc.constant({ kind: "read" } as const), number),
  call(fc.record({ kind: fc.constant("write" as const), value: number }), fc.constant(undefined)),
  call(fc.record({ kind: fc.constant("compareAndSwap" as const), expected: number, value: number }), fc.boolean()),
);

const counterCall: Call<CounterInput, CounterOutput> = fc.oneof(
  call(fc.constant({ kind: "read" } as const), fc.integer({ min: 0, max: 4 })),
  call(fc.record({ kind: fc.constant("increment" as const), by: number }), fc.integer({ min: 0, max: 5 })),
);

const token = fc.integer({ min: 1, max: 4 });
const acquired: fc.Arbitrary<LockOutput> = fc.record({ kind: fc.constant("acquired" as const), token });
const lockCall: Call<LockInput, LockOutput> = fc.oneof(
  call(fc.constant({ kind: "acquire" } as const), fc.oneof(acquired, fc.constant({ kind: "held" } as const))),
  call(fc.record({ kind: fc.constantFrom("release" as const, "check" as const), token }), fc.boolean()),
  call(fc.constant({ kind: "expire" } as const), fc.boolean()),
);

const value: fc.Arbitrary<MapOutput> = fc.record({ kind: fc.constant("value" as const), value: seen });
const count: fc.Arbitrary<MapOutput> = fc.record({ kind: fc.constant("count" as const), count: number });
const pairs = fc.tuple(seen, seen).map((values): MapOutput => {
  const entries = ["a", "b"].flatMap((name, index) => {
    const present = values[index];
    return present === undefined ? [] : [[name, present] as const];
  });
  return { kind: "entries", entries };
});
const swapAnswer: fc.Arbitrary<MapOutput> = fc.oneof(
  fc.constant({ kind: "swapped" } as const),
  fc.constant({ kind: "notSwapped" } as const),
  seen.map((actual) => ({ kind: "notSwapped", actual: { value: actual } }) as const),
);
const bothKeys = ["a", "b"];
/** On the keys "a" and "b". */
export const mapCall: Call<MapInput, MapOutput> = fc.oneof(
  call(fc.record({ kind: fc.constant("get" as const), key }), value),
  call(fc.record({ kind: fc.constant("set" as const), key, value: scalar }), fc.oneof(fc.constant(done), value)),
  call(fc.record({ kind: fc.constant("delete" as const), key }), fc.oneof(fc.constant(done), value, count)),
  call(fc.record({ kind: fc.constant("compareAndSwap" as const), key, expected: seen, value: scalar }), swapAnswer),
  call(fc.record({ kind: fc.constant("compareAndDelete" as const), key, expected: seen }), swapAnswer),
  call(
    fc.tuple(scalar, scalar).map(([a, b]): MapInput => ({
      kind: "setMany",
      entries: [
        ["a", a],
        ["b", b],
      ],
    })),
    fc.constant(done),
  ),
  call(fc.constant<MapInput>({ kind: "deleteMany", keys: bothKeys }), fc.oneof(fc.constant(done), count)),
  call(fc.constant<MapInput>({ kind: "scan", keys: bothKeys }), pairs),
);

export const registerCase: ModelCase<number, RegisterInput<number>, RegisterOutput<number>> = {
  model: createRegisterModel(0),
  call: registerCall,
  createObject: () => new RealRegister(),
};

export const swapRegisterCase: ModelCase<number, SwapRegisterInput<number>, SwapRegisterOutput<number>> = {
  model: createSwapRegisterModel(0),
  call: swapRegisterCall,
  createObject: () => new RealSwapRegister(),
};

export const counterCase: ModelCase<number, CounterInput, CounterOutput> = {
  model: createCounterModel(),
  call: counterCall,
  createObject: () => new RealCounter(),
};

const lockModel = createLockModel();
export const lockCase: ModelCase<typeof lockModel.initialState, LockInput, LockOutput> = {
  model: lockModel,
  call: lockCall,
  createObject: () => new RealLock(),
};

const mapModel = createMapModel();
export const mapCase: ModelCase<typeof mapModel.initialState, MapInput, MapOutput> = {
  model: mapModel,
  call: mapCall,
  createObject: (random) => new RealMap(random),
};

const keyedModel = createKeyedModel(createCounterModel());
export const keyedCounterCase: ModelCase<
  typeof keyedModel.initialState,
  { readonly key: string; readonly input: CounterInput },
  CounterOutput
> = {
  model: keyedModel,
  call: fc.tuple(key, counterCall).map(([name, [input, output]]) => [{ key: name, input }, output] as const),
  createObject: () => {
    const counters = new Map([
      ["a", new RealCounter()],
      ["b", new RealCounter()],
    ]);
    return { call: ({ key: name, input }) => counters.get(name)?.call(input) ?? 0 };
  },
};
