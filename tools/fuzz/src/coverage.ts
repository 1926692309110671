/**
 * Which parts of the sources have run, by V8's precise coverage with counts of blocks. It must be on before the code is
 * compiled, and so before a target is loaded.
 *
 * V8 leaves out a block that ran as often as the one around it, so blocks cannot be told by their ranges: what is kept
 * is one bit for every character that has run. A take gives what has run since the take before.
 */
import { Session, type Profiler } from "node:inspector";

/** Ours. */
const SOURCES = /\/(packages|apps)\/[^/]+\/src\//;

interface CoveredSource {
  hasRun: Uint8Array;
  /** Where blocks begin or end, as far as they have been told apart. */
  readonly boundaries: Set<number>;
}

export class Coverage {
  readonly #session = new Session();
  readonly #sources = new Map<string, CoveredSource>();

  start(): void {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  stop(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  /** What has run since the last take, not added yet. */
  take(): readonly Profiler.ScriptCoverage[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error !== null) throw error;
      scripts = taken.result.filter(({ url }) => SOURCES.test(url));
    });
    return scripts;
  }

  /** Whether some of it had never run before. */
  isNew(taken: readonly Profiler.ScriptCoverage[]): boolean {
    return taken.some(({ url, functions }) => {
      const { hasRun } = this.#sourceOf(url);
      const ran = painted(functions);
      return ran.some((byte, at) => byte > (hasRun[at] ?? 0));
    });
  }

  add(taken: readonly Profiler.ScriptCoverage[]): void {
    for (const { url, functions } of taken) {
      const source = this.#sourceOf(url);
      const ran = painted(functions);
      const longest = ran.length > source.hasRun.length ? new Uint8Array(ran.length) : source.hasRun;
      if (longest !== source.hasRun) longest.set(source.hasRun);
      source.hasRun = longest;
      for (let at = 0; at < ran.length; at += 1) longest[at] = (longest[at] ?? 0) | (ran[at] ?? 0);
      for (const { startOffset, endOffset } of functions.flatMap(({ ranges }) => ranges)) {
        source.boundaries.add(startOffset).add(endOffset);
      }
    }
  }

  /** Blocks that have run, as far as they can be told apart by now. */
  get blocks(): number {
    let count = 0;
    for (const { hasRun, boundaries } of this.#sources.values()) {
      for (const start of boundaries) count += hasRun[start] ?? 0;
    }
    return count;
  }

  #sourceOf(url: string): CoveredSource {
    const source = this.#sources.get(url) ?? { hasRun: new Uint8Array(), boundaries: new Set() };
    this.#sources.set(url, source);
    return source;
  }
}

/** Ranges lie within each other, functions too: the innermost around a character says whether it ran. */
function painted(functions: readonly Profiler.FunctionCoverage[]): Uint8Array {
  const ranges = functions
    .flatMap((covered) => covered.ranges)
    .sort((left, right) => left.startOffset - right.startOffset || right.endOffset - left.endOffset);
  const ran = new Uint8Array(ranges.reduce((end, { endOffset }) => Math.max(end, endOffset), 0));
  for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
