import { HistoryError } from "../history-error.ts";
import { refused, unknownOutput, type Model, type Refused, type UnknownOutput } from "../model.ts";

export type LockInput =
  | { readonly kind: "acquire" }
  | { readonly kind: "release"; readonly token: number }
  /** Does this token hold the lock? */
  | { readonly kind: "check"; readonly token: number }
  /**
   * Whoever holds the lock loses it. Where locks are leased, add one without an answer for each acquisition, from the
   * time at which its lease may end at the earliest; if the token is known, a release of it without an answer is better.
   */
  | { readonly kind: "expire" };

/** `true`: the token held the lock; after a release it does so no longer. An expiry answers `true` if anybody did. */
export type LockOutput = { readonly kind: "acquired"; readonly token: number } | { readonly kind: "held" } | boolean;

/**
 * `unseen`: somebody holds the lock who got no answer, so that nobody knows the token but that it is a whole number
 * beyond `highest` and none of `excluded`.
 */
export type LockHolder =
  | { readonly kind: "nobody" }
  | { readonly kind: "token"; readonly token: number }
  | { readonly kind: "unseen"; readonly excluded: readonly number[] };

export interface LockState {
  /** At least as high as every token before the holder's, as far as anybody can know. */
  readonly highest: number;
  readonly holder: LockHolder;
}

const nobody: LockHolder = { kind: "nobody" };

/** A lock that at most one token holds, where every token is higher than all before it. Tokens are whole numbers. */
export function createLockModel(highestToken = 0): Model<LockState, LockInput, LockOutput> {
  return {
    name: "lock",
    initialState: { highest: highestToken, holder: nobody },
    step: lockStep,
    stateKey: stateText,
    stateText,
    operationText: (input, output) => `${inputText(input)} -> ${outputText(output)}`,
    isRead: (input, output) => {
      if (input.kind === "check") return true;
      return input.kind === "acquire" ? isHeld(output) : output === false;
    },
    inputKey: inputText,
    isLost: ({ highest }, _input, output) => {
      return typeof output !== "boolean" && output.kind === "acquired" && output.token <= highest;
    },
  };
}

function lockStep(state: LockState, input: LockInput, output: LockOutput | UnknownOutput): LockState | Refused {
  if (input.kind === "acquire") return afterAcquire(state, output);
  if (output !== unknownOutput && typeof output !== "boolean") throw senseless(input, output);
  switch (input.kind) {
    case "expire":
      if (state.holder.kind === "nobody") return output === true ? refused : state;
      return output === false ? refused : { highest: lowestOf(state), holder: nobody };
    case "release": {
      const mayHold = isPossible(state, input.token);
      if (output === false || !mayHold) return output === true ? refused : without(state, input.token);
      return { highest: Math.max(state.highest, input.token), holder: nobody };
    }
    case "check":
      if (output === unknownOutput) return state;
      if (!output) return without(state, input.token);
      return isPossible(state, input.token) ? heldBy(input.token) : refused;
  }
}

function afterAcquire(state: LockState, output: LockOutput | UnknownOutput): LockState | Refused {
  const isFree = state.holder.kind === "nobody";
  if (output === unknownOutput) return isFree ? { ...state, holder: { kind: "unseen", excluded: [] } } : state;
  if (typeof output === "boolean") throw senseless({ kind: "acquire" }, output);
  if (output.kind === "held") return isFree ? refused : state;
  if (!Number.isSafeInteger(output.token)) throw new HistoryError(`the token ${output.token} is no whole number`);
  return isFree && output.token > state.highest ? heldBy(output.token) : refused;
}

/** What is left when this token does not hold the lock: nothing if it is the one that does. */
function without(state: LockState, token: number): LockState | Refused {
  if (!isPossible(state, token)) return state;
  if (state.holder.kind !== "unseen") return refused;
  const excluded = [...state.holder.excluded, token].toSorted((left, right) => left - right);
  return { ...state, holder: { kind: "unseen", excluded } };
}

function isPossible({ highest, holder }: LockState, token: number): boolean {
  switch (holder.kind) {
    case "nobody":
      return false;
    case "token":
      return holder.token === token;
    case "unseen":
      return token > highest && !holder.excluded.includes(token);
  }
}

/** The lowest token that the holder may have: a later one is certainly higher than that, and need not be more. */
function lowestOf({ highest, holder }: LockState): number {
  if (holder.kind !== "unseen") return highest;
  let token = highest + 1;
  while (holder.excluded.includes(token)) token += 1;
  return token;
}

function heldBy(token: number): LockState {
  return { highest: token, holder: { kind: "token", token } };
}

function isHeld(output: LockOutput | UnknownOutput): boolean {
  return output !== unknownOutput && typeof output !== "boolean" && output.kind === "held";
}

function senseless(input: LockInput, output: LockOutput): HistoryError {
  return new HistoryError(`"${inputText(input)}" cannot answer "${outputText(output)}"`);
}

function stateText({ highest, holder }: LockState): string {
  switch (holder.kind) {
    case "nobody":
      return `free, after token ${highest}`;
    case "token":
      return `held by ${holder.token}`;
    case "unseen": {
      const exception = holder.excluded.length === 0 ? "" : ` that is none of ${holder.excluded.join(", ")}`;
      return `held by a token beyond ${highest}${exception}, which nobody was told`;
    }
  }
}

function inputText(input: LockInput): string {
  return "token" in input ? `${input.kind} ${input.token}` : input.kind;
}

function outputText(output: LockOutput | UnknownOutput): string {
  if (output === unknownOutput) return "?";
  if (typeof output === "boolean") return output ? "yes" : "no";
  return output.kind === "held" ? "held" : `acquired ${output.token}`;
}
