/**
 * Decides whether a recorded history of concurrent operations is linearizable with respect to a model, and shows why if
 * it is not.
 * @packageDocumentation
 */
export { checkLinearizability } from "./check-linearizability.ts";
export type { CheckOptions } from "./check-linearizability.ts";
export { HistoryError } from "./history-error.ts";
export { limits } from "./limits.ts";
export { refused, unknownOutput } from "./model.ts";
export type { Model, Refused, StateKey, UnknownOutput, View } from "./model.ts";
export { createCounterModel } from "./models/counter-model.ts";
export type { CounterInput, CounterOutput } from "./models/counter-model.ts";
export { createKeyedModel } from "./models/keyed-model.ts";
export type { KeyedInput } from "./models/keyed-model.ts";
export { createLockModel } from "./models/lock-model.ts";
export type { LockHolder, LockInput, LockOutput, LockState } from "./models/lock-model.ts";
export { createMapModel } from "./models/map-model.ts";
export type { MapModelOptions } from "./models/map-model.ts";
export type { MapState } from "./models/map-state.ts";
export type { MapCondition, MapEntry, MapInput, MapOutput, MapStep } from "./models/map-operation.ts";
export { createRegisterModel } from "./models/register-model.ts";
export type { RegisterInput, RegisterOutput } from "./models/register-model.ts";
export { createSwapRegisterModel } from "./models/swap-register-model.ts";
export type { SwapRegisterInput, SwapRegisterOutput } from "./models/swap-register-model.ts";
export type { Operation, Outcome } from "./operation.ts";
export type { Scalar } from "./scalar.ts";
export { timelinePage } from "./timeline-page.ts";
export type { DeadEnd, UnfinishedPart, Verdict, Violation } from "./verdict.ts";
export { violationText } from "./violation-text.ts";
