import fc from "fast-check";
import { createMapModel } from "../src/models/map-model.ts";
import type { MapInput, MapOutput, MapStep } from "../src/models/map-operation.ts";
import type { Scalar } from "../src/scalar.ts";
import { mapCall, type ModelCase } from "./model-cases.ts";
import { RealMap } from "./real-objects.ts";

const key = fc.constantFrom("a", "b", "c");
const seen = fc.constantFrom<Scalar | undefined>(1, 2, undefined);

const step: fc.Arbitrary<MapStep> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("get" as const, "delete" as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("set" as const), key, value: fc.constantFrom<Scalar>(1, 2) }),
  },
);

/** Short ones, and few that read much: what is drawn as an answer is to be true now and then. */
const transaction = fc.record({
  kind: fc.constant("transaction" as const),
  conditions: fc.array(fc.record({ key, expected: seen }), { maxLength: 2 }),
  success: fc.array(step, { maxLength: 3 }),
  failure: fc.array(step, { maxLength: 2 }),
});

const transactionCall = transaction.chain((input) => {
  return fc.boolean().chain((succeeded) => {
    const getCount = (succeeded ? input.success : input.failure).filter(({ kind }) => kind === "get").length;
    const values = fc.array(seen, { minLength: getCount, maxLength: getCount });
    return values.map((drawn): readonly [MapInput, MapOutput] => {
      return [input, { kind: "transacted", succeeded, values: drawn }];
    });
  });
});

const model = createMapModel();

/** Transactions on three keys among all other operations of a map. */
export const transactionCase: ModelCase<typeof model.initialState, MapInput, MapOutput> = {
  model,
  call: fc.oneof({ weight: 1, arbitrary: transactionCall }, { weight: 1, arbitrary: mapCall }),
  createObject: (random) => new RealMap(random),
};
