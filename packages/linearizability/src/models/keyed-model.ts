import { refused, type Model, type StateKey } from "../model.ts";

export interface KeyedInput<Input> {
  readonly key: string;
  readonly input: Input;
}

/** Many objects of one kind, each with a name of its own, such as counters or locks. Each is checked by itself. */
export function createKeyedModel<State, Input, Output>(
  model: Model<State, Input, Output>,
): Model<ReadonlyMap<string, State>, KeyedInput<Input>, Output> {
  const stateOf = (states: ReadonlyMap<string, State>, key: string): State => {
    return states.has(key) ? (states.get(key) as State) : model.initialState;
  };
  return {
    name: `${model.name}s by key`,
    initialState: new Map<string, State>(),
    step: (states, { key, input }, output) => {
      const next = model.step(stateOf(states, key), input, output);
      return next === refused ? refused : withState(states, key, next);
    },
    stateKey: (states) => {
      return [...states].map(([key, state]) => `${JSON.stringify(key)}:${keyText(model.stateKey(state))}`).join(";");
    },
    stateText: (states) => [...states].map(([key, state]) => `${key}: ${model.stateText(state)}`).join("; "),
    operationText: ({ key, input }, output) => `${key}: ${model.operationText(input, output)}`,
    partsOf: ({ key, input }) =>
      (model.partsOf?.(input) ?? [""]).map((part) => `${key}${part === "" ? "" : ` ${part}`}`),
    isRead: ({ input }, output) => model.isRead?.(input, output) === true,
    ...(model.inputKey === undefined ? {} : { inputKey: inputKeyOf(model.inputKey.bind(model)) }),
    isLost: (states, { key, input }, output) => model.isLost?.(stateOf(states, key), input, output) === true,
    mayMatter: (effect, { key, input }, output) => {
      return effect.key === key && model.mayMatter?.(effect.input, input, output) !== false;
    },
  };
}

function inputKeyOf<Input>(inner: (input: Input) => string): (keyed: KeyedInput<Input>) => string {
  return ({ key, input }) => `${JSON.stringify(key)} ${inner(input)}`;
}

/** States in the order of their keys, so that equal ones have equal keys. */
function withState<State>(states: ReadonlyMap<string, State>, key: string, state: State): ReadonlyMap<string, State> {
  const changed = new Map(states).set(key, state);
  return new Map([...changed].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function keyText(key: StateKey): string {
  return `${typeof key} ${JSON.stringify(String(key))}`;
}
