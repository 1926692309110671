/**
 * One search through the inputs of one target: seeds and regressions first, then mutations of everything that reached
 * code that nothing before it had reached, and in between, one by one, what the frame allows at most.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { sample } from "fast-check";
import type { Coverage } from "./coverage.ts";
import { Examiner } from "./examiner.ts";
import { extremes } from "./extremes.ts";
import { isSameFailure, type Finding } from "./finding.ts";
import { minimized } from "./minimizer.ts";
import { nextInput } from "./next-input.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { AnyTarget } from "./target.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly regressions: readonly Uint8Array[];
  /** Without it the search is blind: nothing joins the corpus. */
  readonly coverage: Coverage | undefined;
  readonly isMinimizing: boolean;
  readonly findingsMax: number;
  readonly signal?: AbortSignal;
  /** Told of every input before it is decoded. */
  readonly onInput?: (input: Uint8Array) => void;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly elapsedMs: number;
  readonly executions: number;
  readonly corpusSize: number;
  readonly blocks: number;
  readonly findings: readonly Finding[];
}

const BATCH_INPUTS = 256;
/** An input as large as its frame takes as long as many small ones, and they find more. */
const BATCHES_PER_EXTREME = 4;
const SAMPLED_VALUES = 48;
const PROGRESS_MS = 2_000;

export async function runCampaign(target: AnyTarget, options: CampaignOptions): Promise<Progress> {
  const campaign = new Campaign(target, options);
  await campaign.run();
  return campaign.progress;
}

class Campaign {
  readonly #target: AnyTarget;
  readonly #options: CampaignOptions;
  readonly #examiner: Examiner;
  readonly #random: SeededRandom;
  readonly #seeds: Uint8Array[] = [];
  readonly #found: Uint8Array[] = [];
  readonly #findings: Finding[] = [];
  readonly #startedAtMs = performance.now();
  #toldAtMs = performance.now();

  constructor(target: AnyTarget, options: CampaignOptions) {
    this.#target = target;
    this.#options = options;
    this.#examiner = new Examiner(target, options.onInput);
    this.#random = new SeededRandom(options.seed);
  }

  get progress(): Progress {
    return {
      elapsedMs: performance.now() - this.#startedAtMs,
      executions: this.#examiner.executions,
      corpusSize: this.#seeds.length + this.#found.length,
      blocks: this.#options.coverage?.blocks ?? 0,
      findings: this.#findings,
    };
  }

  async run(): Promise<void> {
    const { regressions, coverage } = this.#options;
    coverage?.add(coverage.take());
    this.#seeds.push(...this.#target.seeds(), ...this.#valuesAsBytes());
    this.#examine([...this.#seeds, ...regressions]);
    coverage?.add(coverage.take());
    const largest = extremes(this.#target.frameBytesMax, this.#seeds[0] ?? new Uint8Array());
    for (let batches = 1; !this.#isOver(); batches += 1) {
      this.#runBatch();
      const extreme = batches % BATCHES_PER_EXTREME === 0 ? largest.next().value : undefined;
      if (extreme !== undefined) this.#examine([extreme]);
      this.#tell();
      await nextTurn();
    }
  }

  #isOver(): boolean {
    const { durationMs, findingsMax, signal } = this.#options;
    const isLate = performance.now() - this.#startedAtMs >= durationMs;
    return isLate || this.#findings.length >= findingsMax || signal?.aborted === true;
  }

  #tell(): void {
    if (performance.now() - this.#toldAtMs < PROGRESS_MS) return;
    this.#toldAtMs = performance.now();
    this.#options.onProgress?.(this.progress);
  }

  #valuesAsBytes(): readonly Uint8Array[] {
    const { values, encode } = this.#target;
    if (values === undefined || encode === undefined) return [];
    return sample(values, { seed: this.#options.seed, numRuns: SAMPLED_VALUES }).flatMap((value) => {
      const problem = this.#examiner.examineValue(value);
      if (problem !== undefined) this.#note(problem);
      return problem === undefined ? [Uint8Array.from(encode.write(value))] : [];
    });
  }

  #runBatch(): void {
    const { coverage } = this.#options;
    const corpus = { seeds: this.#seeds, found: this.#found };
    const batch = Array.from({ length: BATCH_INPUTS }, () => nextInput(this.#target, corpus, this.#random));
    const findings = this.#examine(batch);
    if (coverage === undefined || this.#isOver()) return;
    const taken = coverage.take();
    // A batch with a hang in it would hang in every half of it again.
    if (findings.some(({ kind }) => kind === "hang")) coverage.add(taken);
    else if (coverage.isNew(taken)) this.#keepNew(batch, coverage);
  }

  /** Runs halves of a batch again until it is known which of its inputs reached something new. */
  #keepNew(inputs: readonly Uint8Array[], coverage: Coverage): void {
    this.#examiner.examine(inputs);
    const taken = coverage.take();
    if (!coverage.isNew(taken)) return;
    const [input, ...others] = inputs;
    if (others.length === 0) {
      coverage.add(taken);
      if (input !== undefined) this.#found.push(input);
      return;
    }
    const half = inputs.length >> 1;
    this.#keepNew(inputs.slice(0, half), coverage);
    this.#keepNew(inputs.slice(half), coverage);
  }

  #examine(inputs: readonly Uint8Array[]): readonly Finding[] {
    const findings = this.#examiner.examine(inputs);
    for (const finding of findings) this.#note(finding);
    return findings;
  }

  /** The first of its shape, made small; the rest of them say nothing new. */
  #note(finding: Finding): void {
    if (this.#findings.some((known) => isSameFailure(known, finding))) return;
    this.#findings.push(this.#options.isMinimizing ? minimized(finding, this.#examiner) : finding);
  }
}
