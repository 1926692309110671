import type { CounterInput, CounterOutput } from "../src/models/counter-model.ts";
import type { LockInput, LockOutput } from "../src/models/lock-model.ts";
import type { MapInput, MapOutput, MapTransaction } from "../src/models/map-operation.ts";
import type { RegisterInput, RegisterOutput } from "../src/models/register-model.ts";
import type { SwapRegisterInput, SwapRegisterOutput } from "../src/models/swap-register-model.ts";
import type { Scalar } from "../src/scalar.ts";
import type { Random } from "./random.ts";
import type { RealObject } from "./recorded-run.ts";

/** Objects written without a look at the models: what a model refuses of theirs is a mistake of the model. */
export class RealRegister implements RealObject<RegisterInput<number>, RegisterOutput<number>> {
  #value = 0;

  call(input: RegisterInput<number>): RegisterOutput<number> {
    if (input.kind === "read") return this.#value;
    this.#value = input.value;
    return undefined;
  }
}

export class RealSwapRegister implements RealObject<SwapRegisterInput<number>, SwapRegisterOutput<number>> {
  #value = 0;

  call(input: SwapRegisterInput<number>): SwapRegisterOutput<number> {
    if (input.kind === "read") return this.#value;
    const isSwapping = input.kind === "write" || input.expected === this.#value;
    if (isSwapping) this.#value = input.value;
    return input.kind === "write" ? undefined : isSwapping;
  }
}

export class RealCounter implements RealObject<CounterInput, CounterOutput> {
  #value = 0;

  call(input: CounterInput): CounterOutput {
    if (input.kind === "increment") this.#value += input.by;
    return this.#value;
  }
}

export class RealLock implements RealObject<LockInput, LockOutput> {
  #last = 0;
  #isHeld = false;

  call(input: LockInput): LockOutput {
    const wasHeld = this.#isHeld;
    switch (input.kind) {
      case "acquire":
        if (wasHeld) return { kind: "held" };
        this.#last += 1;
        this.#isHeld = true;
        return { kind: "acquired", token: this.#last };
      case "release":
        if (!wasHeld || input.token !== this.#last) return false;
        this.#isHeld = false;
        return true;
      case "check":
        return wasHeld && input.token === this.#last;
      case "expire":
        this.#isHeld = false;
        return wasHeld;
    }
  }
}

/** Answers in more or in fewer words, as the generator says. */
export class RealMap implements RealObject<MapInput, MapOutput> {
  readonly #values = new Map<string, Scalar>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  call(input: MapInput): MapOutput {
    switch (input.kind) {
      case "get":
        return { kind: "value", value: this.#values.get(input.key) };
      case "set": {
        const value = this.#values.get(input.key);
        this.#values.set(input.key, input.value);
        return this.#random.below(2) === 0 ? { kind: "done" } : { kind: "value", value };
      }
      case "delete": {
        const value = this.#values.get(input.key);
        const count = this.#values.delete(input.key) ? 1 : 0;
        return this.#random.pick<MapOutput>([{ kind: "done" }, { kind: "value", value }, { kind: "count", count }]);
      }
      case "compareAndSwap":
      case "compareAndDelete": {
        const value = this.#values.get(input.key);
        if (value !== input.expected) {
          return this.#random.below(2) === 0 ? { kind: "notSwapped" } : { kind: "notSwapped", actual: { value } };
        }
        if (input.kind === "compareAndSwap") this.#values.set(input.key, input.value);
        else this.#values.delete(input.key);
        return { kind: "swapped" };
      }
      case "setMany":
        for (const [key, value] of input.entries) this.#values.set(key, value);
        return { kind: "done" };
      case "deleteMany": {
        const count = input.keys.filter((key) => this.#values.delete(key)).length;
        return this.#random.below(2) === 0 ? { kind: "done" } : { kind: "count", count };
      }
      case "scan":
        return { kind: "entries", entries: [...this.#values].filter(([key]) => input.keys.includes(key)) };
      case "transaction":
        return this.#transact(input);
    }
  }

  #transact({ conditions, success, failure }: MapTransaction): MapOutput {
    const succeeded = conditions.every(({ key, expected }) => this.#values.get(key) === expected);
    const values: (Scalar | undefined)[] = [];
    for (const step of succeeded ? success : failure) {
      if (step.kind === "get") values.push(this.#values.get(step.key));
      else if (step.kind === "set") this.#values.set(step.key, step.value);
      else this.#values.delete(step.key);
    }
    return { kind: "transacted", succeeded, values };
  }
}
