/** What `Model.step` answers when an operation cannot have said this in this state. */
export const refused: unique symbol = Symbol("refused");
export type Refused = typeof refused;

/** Stands for the output of an operation without an answer: whatever the object would have said is fine. */
export const unknownOutput: unique symbol = Symbol("unknown output");
export type UnknownOutput = typeof unknownOutput;

/** Two states are equal when their keys are: the same number, text or boolean. */
export type StateKey = string | number | bigint | boolean | null | undefined;

/** An operation as far as it is about one thing alone. */
export interface View<Input, Output> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output | UnknownOutput;
}

/**
 * What an object does when one operation comes after the other: its sequential specification. A history is
 * linearizable with respect to a model if its operations can be put in one order that `step` accepts and that keeps
 * whatever was over before another began in front of it (Herlihy and Wing 1990).
 *
 * All methods are functions of their arguments: a state is a value, and `step` gives a new one instead of changing it.
 */
export interface Model<State, Input, Output> {
  /** What the object is called in texts, such as `register`. */
  readonly name: string;
  readonly initialState: State;

  /** The state after the operation, or `refused` if the object would not have answered `output` in this state. */
  step(state: State, input: Input, output: Output | UnknownOutput): State | Refused;

  /** Equal for equal states and different for different ones. It is asked at every step, so it must be cheap. */
  stateKey(state: State): StateKey;

  /** The operation in a few words for people, such as `get x -> 4`. */
  operationText(input: Input, output: Output | UnknownOutput): string;

  stateText(state: State): string;

  /**
   * The parts of the object that the operation reads or writes. Operations that are not connected by parts are checked
   * apart from each other, which is right because linearizability is local (Herlihy and Wing 1990, theorem 1), and
   * fast. Operations on different parts must not influence each other at all. Without it everything is one part.
   */
  partsOf?(input: Input): readonly string[];

  /**
   * The operation as far as it is about one thing alone, for each thing that can be looked at alone, such as one key of
   * a map: an operation of the same model that does to this thing what the whole one does, and says of it no more than
   * the whole one says. A linearizable history is linearizable in every view. Views are small and quickly searched, so
   * they are looked at first where operations on several parts make one large part. Without it there are none.
   *
   * If what the whole operation does to this thing depends on other things, and no answer tells what it did, there may
   * be several views of one name, one for each effect that it may have had. What names there are must depend on the
   * input alone, and with no answer at all no less must be possible than with any answer.
   */
  viewsOf?(input: Input, output: Output | UnknownOutput): readonly View<Input, Output>[];

  /**
   * True if an operation with this output has no effect: a read, a deletion that found nothing. To leave it out never
   * makes another operation impossible. It is placed as soon as it is true; without an answer it says nothing at all.
   * Without this method nothing is a read.
   */
  isRead?(input: Input, output: Output | UnknownOutput): boolean;

  /**
   * Equal for inputs that do the same in every state. Operations without an answer that are equal stand in for each
   * other, so that of many only the first needs to be tried.
   */
  inputKey?(input: Input): string;

  /**
   * May an operation matter to the one right after it? `false` is a promise: wherever `effect` with any output at all
   * and then `input` with `output` is accepted, the same state is also reached without `effect`, or with `effect` moved
   * behind; if `output` is unknown, wherever `input` then also changes the state, because if it does not it need not be
   * there. It keeps writes that nobody has noticed out of the search, and ends it where an answer cannot come true any
   * more; `true` is always right. Without it every operation may matter to every other.
   */
  mayMatter?(effect: Input, input: Input, output: Output | UnknownOutput): boolean;

  /** True if from this state no operations at all lead to one in which `input` may answer `output`. */
  isLost?(state: State, input: Input, output: Output): boolean;
}
