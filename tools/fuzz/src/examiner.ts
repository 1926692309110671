/**
 * Holds inputs against everything that a target promises. Batches are cheap, and whatever looks wrong in one is looked
 * at again by itself, so that neither a busy machine nor a collection of garbage is ever blamed on an input:
 *
 * X1  Time counts when the thread itself spent it, in every one of several tries.
 * X2  Allocation counts when it is there again in every one of several tries: compiling a function happens once.
 * X3  A change of a built-in object is undone, and belongs to the input that repeats it alone; if none does, to all.
 */
import { threadCpuUsage } from "node:process";
import { isDeepStrictEqual } from "node:util";
import { allocatedBytes, collectionCount, growthBytes, memoryNow } from "./allocation.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { Intrinsics } from "./intrinsics.ts";
import type { AnyTarget, Decoded } from "./target.ts";
import { runWithin } from "./time-box.ts";

/** CPU time of one input. */
const INPUT_MS_MAX = 100;
/** Of wall-clock time: from here on an input is measured again. */
const SUSPICIOUS_MS = INPUT_MS_MAX / 2;
/** Longer than this nothing is waited for. */
const STOP_MS = 1_000;
const TRIES = 3;
/** An error with its stack, the closures of a call: what a machine that runs JavaScript takes for the smallest input. */
const ALLOWANCE_BYTES = 2 * 1_048_576;
const FRAME_TIMES = 2;

const NOTHING = new Uint8Array();

type Outcome = Decoded<unknown> | { readonly kind: "thrown"; readonly error: unknown };

/** Inputs to be measured by themselves. */
interface Suspects {
  readonly slow: Set<Uint8Array>;
  readonly greedy: Set<Uint8Array>;
}

export class Examiner {
  readonly #target: AnyTarget;
  readonly #intrinsics = new Intrinsics();
  readonly #allocationBytesMax: number;
  readonly #onInput: ((input: Uint8Array) => void) | undefined;
  #executions = 0;

  constructor(target: AnyTarget, onInput?: (input: Uint8Array) => void) {
    this.#target = target;
    this.#onInput = onInput;
    this.#allocationBytesMax = (target.amplification?.times ?? FRAME_TIMES) * target.frameBytesMax + ALLOWANCE_BYTES;
  }

  /** Inputs that were decoded, repetitions included. */
  get executions(): number {
    return this.#executions;
  }

  /** Everything that is wrong with any of them, one finding for an input; nothing behind an input that hangs. */
  examine(inputs: readonly Uint8Array[]): Finding[] {
    const findings = new Map<Uint8Array, Finding>();
    const suspects: Suspects = { slow: new Set(), greedy: new Set() };
    let done = 0;
    const look = (): void => {
      for (; done < inputs.length; done += 1) this.#look(inputs[done] ?? new Uint8Array(), findings, suspects);
    };
    while (done < inputs.length && ![...findings.values()].some(({ kind }) => kind === "hang")) {
      const first = done;
      const collections = collectionCount(() => void runWithin(STOP_MS, look));
      // Garbage that was collected hides what was allocated: then nobody is above suspicion.
      if (collections > 0) for (const input of inputs.slice(first, done)) suspects.greedy.add(input);
      const stoppedAt = inputs[done];
      if (stoppedAt !== undefined) suspects.slow.add(stoppedAt);
      done += 1;
      this.#lookAgain(suspects, findings);
    }
    const changed = this.#intrinsics.difference();
    if (changed !== undefined) this.#findPolluters(changed, inputs.slice(0, done), findings);
    return [...findings.values()];
  }

  /** A value that the encoder takes must come back as it was, and have no other bytes. */
  examineValue(value: unknown): Finding | undefined {
    const { encode } = this.#target;
    if (encode === undefined) return undefined;
    let bytes: Uint8Array | undefined;
    let problem: Finding | undefined;
    const look = (): void => {
      bytes = Uint8Array.from(encode.write(value));
      this.#executions += 1;
      this.#onInput?.(bytes);
      const outcome = this.#target.decode(bytes);
      if (outcome.kind === "refused") problem = finding("form", "what the encoder wrote is refused", bytes);
      else if (!isDeepStrictEqual(outcome.value, value)) {
        problem = finding("form", "a value comes back as another", bytes);
      }
    };
    try {
      const ending = runWithin(STOP_MS, look);
      if (ending === "stopped" && bytes === undefined) {
        problem = finding("hang", "the encoder does not come to an end", NOTHING);
      }
    } catch (error) {
      problem = crash(error, bytes ?? NOTHING, "a valid value: ");
    }
    if (problem !== undefined) return problem;
    return bytes === undefined ? undefined : this.examine([bytes])[0];
  }

  #look(input: Uint8Array, findings: Map<Uint8Array, Finding>, suspects: Suspects): void {
    this.#executions += 1;
    this.#onInput?.(input);
    const startedMs = performance.now();
    const before = memoryNow();
    const outcome = this.#decode(input);
    if (growthBytes(before, memoryNow()) > this.#allocationBytesMax) suspects.greedy.add(input);
    const problem = this.#judge(input, outcome);
    if (problem !== undefined) findings.set(input, problem);
    if (performance.now() - startedMs > SUSPICIOUS_MS) suspects.slow.add(input);
  }

  #decode(input: Uint8Array): Outcome {
    try {
      return this.#target.decode(input);
    } catch (error) {
      return { kind: "thrown", error };
    }
  }

  #judge(input: Uint8Array, outcome: Outcome): Finding | undefined {
    if (outcome.kind === "refused") return undefined;
    if (outcome.kind === "thrown") return crash(outcome.error, input);
    try {
      const problem = this.#formProblem(input, outcome.value);
      return problem === undefined ? undefined : finding("form", problem, input);
    } catch (error) {
      return { ...crash(error, input, "after it was accepted: "), kind: "form" };
    }
  }

  #formProblem(input: Uint8Array, value: unknown): string | undefined {
    const { encode } = this.#target;
    this.#target.check?.(value, input);
    if (encode === undefined) return undefined;
    const written = encode.write(value);
    if (encode.form === "canonical") {
      return isSameBytes(written, input) ? undefined : "accepted, but the encoder writes other bytes for its value";
    }
    const again = this.#target.decode(Uint8Array.from(written));
    if (again.kind === "refused") return "accepted, but refused in its normal form";
    return isSameBytes(encode.write(again.value), written) ? undefined : "the normal form has another normal form";
  }

  /** Each by itself, and several times. What hangs is not measured further, and nothing behind it. */
  #lookAgain({ slow, greedy }: Suspects, findings: Map<Uint8Array, Finding>): void {
    for (const input of slow) {
      const { cpuMs, problem } = this.#leastCpuMs(input);
      if (cpuMs <= INPUT_MS_MAX) {
        greedy.add(input);
        // The time of its batch ran out before anybody had judged it.
        if (problem !== undefined && !findings.has(input)) findings.set(input, problem);
      } else {
        findings.set(input, finding("hang", `takes ${Math.round(cpuMs)} ms or more`, input));
        return;
      }
    }
    for (const input of greedy) {
      if (findings.has(input)) continue;
      const bytes = this.#leastAllocation(input);
      if (bytes <= this.#allocationBytesMax) continue;
      const message = `allocates ${bytes} bytes, where ${this.#allocationBytesMax} are the most`;
      findings.set(input, finding("allocation", message, input));
    }
    slow.clear();
    greedy.clear();
  }

  /** Of what had to be stopped, what it had taken by then: a machine that gave it no time says nothing against it. */
  #leastCpuMs(input: Uint8Array): { readonly cpuMs: number; readonly problem: Finding | undefined } {
    let cpuMs = Infinity;
    let isJudged = false;
    let problem: Finding | undefined;
    for (let tries = 0; tries < TRIES && (cpuMs > INPUT_MS_MAX || !isJudged); tries += 1) {
      this.#executions += 1;
      const before = threadCpuUsage();
      const ending = runWithin(STOP_MS, () => {
        problem = this.#judge(input, this.#decode(input));
      });
      isJudged = ending === "ended";
      const { user, system } = threadCpuUsage(before);
      cpuMs = Math.min(cpuMs, (user + system) / 1_000);
    }
    return { cpuMs, problem };
  }

  #leastAllocation(input: Uint8Array): number {
    let leastBytes = Infinity;
    for (let tries = 0; tries < TRIES && leastBytes > this.#allocationBytesMax; tries += 1) {
      this.#executions += 1;
      leastBytes = Math.min(
        leastBytes,
        allocatedBytes(() => void this.#decode(input)),
      );
    }
    return leastBytes;
  }

  #findPolluters(changed: string, inputs: readonly Uint8Array[], findings: Map<Uint8Array, Finding>): void {
    this.#intrinsics.restore();
    let isRepeated = false;
    for (const input of inputs) {
      runWithin(STOP_MS, () => void this.#judge(input, this.#decode(input)));
      const difference = this.#intrinsics.difference();
      if (difference === undefined) continue;
      isRepeated = true;
      this.#intrinsics.restore();
      findings.set(input, finding("prototype", `changes ${difference}`, input));
    }
    if (isRepeated) return;
    // Once in a process is once too often, but nobody can say any more which of them it was.
    const message = `changes ${changed}, once in a process: this input or one of the ${inputs.length - 1} after it`;
    const first = Uint8Array.from(inputs[0] ?? NOTHING);
    findings.set(first, finding("prototype", message, first));
  }
}

function finding(kind: FindingKind, message: string, input: Uint8Array): Finding {
  return { kind, message, input };
}

function crash(error: unknown, input: Uint8Array, when = ""): Finding {
  return { ...finding("crash", `${when}${textOfError(error)}`, input), place: ownFrame(error) };
}

/** Of the program, and not of the platform or of what it depends on. */
function ownFrame(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return frames.find((line) => /[\\/]/.test(line) && !/node:|node_modules/.test(line))?.trim();
}

function textOfError(error: unknown): string {
  if (!(error instanceof Error)) return `throws ${String(error)}`;
  const place = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  return `${error.name}: ${error.message}${place === undefined ? "" : ` (${place.trim()})`}`;
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
