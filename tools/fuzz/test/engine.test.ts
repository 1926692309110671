/** The harness must be able to fail: one decoder for every kind of failure, and some that only look like one. */
import { describe, expect, test } from "vitest";
import { allocatedBytes } from "../src/allocation.ts";
import { runCampaign, type CampaignOptions } from "../src/campaign.ts";
import { Examiner } from "../src/examiner.ts";
import { isSameFailure } from "../src/finding.ts";
import { minimized } from "../src/minimizer.ts";
import { mutated } from "../src/mutator.ts";
import { SeededRandom } from "../src/seeded-random.ts";
import { throwing, type AnyTarget, type FuzzTarget } from "../src/target.ts";
import { bytesOf, textOf } from "../src/text-bytes.ts";

class Refusal extends Error {}

const SIXTEEN_MIB = 16 * 1_048_576;

/** Accepts bytes that start with 7, and gives them back. */
function targetOf(overrides: Partial<FuzzTarget<Uint8Array>> = {}): AnyTarget {
  const target: FuzzTarget<Uint8Array> = {
    name: "test/toy",
    decodes: "bytes that start with 7",
    covers: [],
    frameBytesMax: 1_024,
    seeds: () => [Uint8Array.of(7, 1, 2)],
    decode: throwing((bytes) => {
      if (bytes[0] !== 7) throw new Refusal();
      return bytes.slice();
    }, Refusal),
    encode: { form: "canonical", write: (bytes) => bytes },
    canaries: [{ name: "", file: "", find: "", replace: "" }],
    ...overrides,
  };
  return target;
}

function decoding(effect: (bytes: Uint8Array) => unknown): AnyTarget {
  return targetOf({
    decode: (bytes) => {
      if (bytes[1] === 9) effect(bytes);
      return { kind: "value", value: bytes };
    },
  });
}

const BAD = Uint8Array.of(7, 9, 1, 2, 3, 4);
const GOOD = Uint8Array.of(7, 1);

function kindsOf(target: AnyTarget): readonly string[] {
  return new Examiner(target).examine([GOOD, BAD, GOOD]).map(({ kind, input }) => {
    expect(input).toBe(BAD);
    return kind;
  });
}

describe("an input", () => {
  test("that is accepted or refused as documented is no finding", () => {
    expect(new Examiner(targetOf()).examine([GOOD, Uint8Array.of(8), new Uint8Array()])).toEqual([]);
  });

  test("that makes the decoder throw anything else is a crash", () => {
    const failing = decoding(() => {
      throw new TypeError("no");
    });
    expect(kindsOf(failing)).toEqual(["crash"]);
  });

  test("that is a second encoding of a value is found", () => {
    const encode = { form: "canonical" as const, write: (bytes: Uint8Array) => (bytes[1] === 9 ? GOOD : bytes) };
    expect(kindsOf(targetOf({ encode }))).toEqual(["form"]);
    expect(kindsOf(targetOf({ encode: { ...encode, form: "normal" } }))).toEqual([]);
  });

  test("that loops without end, or for long, is a hang", () => {
    const endless = decoding(() => {
      for (;;);
    });
    const long = decoding(() => {
      for (let count = 0; count < 400_000_000; count += 1) if (count < 0) return;
    });
    expect(kindsOf(endless)).toEqual(["hang"]);
    expect(kindsOf(long)).toEqual(["hang"]);
  });

  test("that only waits takes no time of its own", () => {
    const waiting = decoding(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150));
    expect(kindsOf(waiting)).toEqual([]);
  });

  test("that makes the decoder reserve what it claims is an allocation", () => {
    expect(kindsOf(decoding(() => Buffer.alloc(SIXTEEN_MIB)))).toEqual(["allocation"]);
    expect(kindsOf(decoding(() => Buffer.alloc(1_000_000)))).toEqual([]);
  });

  test("that makes much garbage is an allocation, although it is collected at once", () => {
    const garbage = decoding(() => {
      let kept: unknown[] = [];
      for (let count = 0; count < 400_000; count += 1) kept = [count, kept.length];
      return kept;
    });
    expect(kindsOf(garbage)).toEqual(["allocation"]);
  });

  test("that changes a prototype is found, and the prototype is put back", () => {
    const polluting = decoding(() => Object.assign(Object.prototype, { polluted: 1 }));
    const replacing = decoding(() => {
      Array.prototype.at = () => undefined;
    });
    const at = Array.prototype.at;
    expect(kindsOf(polluting)).toEqual(["prototype"]);
    expect(kindsOf(replacing)).toEqual(["prototype"]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Array.prototype.at).toBe(at);
  });

  test("that changes a prototype once in a process is found with its batch", () => {
    let isFirst = true;
    const polluting = decoding(() => {
      if (isFirst) Object.assign(Object.prototype, { polluted: 1 });
      isFirst = false;
    });
    const [found, ...others] = new Examiner(polluting).examine([GOOD, BAD, GOOD]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: "prototype", input: GOOD });
    expect(found?.message).toContain("Object.prototype.polluted, once in a process");
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("at which the time of its batch runs out is judged all the same", () => {
    const waiting = decoding(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      throw new TypeError("late");
    });
    const batch = Array.from({ length: 20 }, () => Uint8Array.from(BAD));
    expect(new Examiner(waiting).examine(batch)).toHaveLength(batch.length);
  });

  test("breaks a promise of the target's own when `check` throws", () => {
    const check = (_value: Uint8Array, bytes: Uint8Array): void => {
      if (bytes[1] === 9) throw new Error("broken");
    };
    expect(kindsOf(targetOf({ check }))).toEqual(["form"]);
  });
});

test("a value that comes back as another, or not at all, is found", () => {
  const examine = (target: AnyTarget) => new Examiner(target).examineValue(GOOD)?.kind;
  expect(examine(targetOf())).toBeUndefined();
  expect(examine(targetOf({ decode: () => ({ kind: "refused" }) }))).toBe("form");
  expect(examine(targetOf({ decode: () => ({ kind: "value", value: BAD }) }))).toBe("form");
});

test("a value whose bytes make the decoder loop is found, and its bytes are written down first", () => {
  const seen: Uint8Array[] = [];
  const endless = decoding(() => {
    for (;;);
  });
  const found = new Examiner(endless, (input) => void seen.push(input)).examineValue(BAD);
  expect(found).toMatchObject({ kind: "hang", input: BAD });
  expect(seen[0]).toEqual(BAD);
});

test("an encoder that loops is found", () => {
  const write = (): Uint8Array => {
    for (;;);
  };
  expect(new Examiner(targetOf({ encode: { form: "canonical", write } })).examineValue(GOOD)?.kind).toBe("hang");
});

test("errors of one text from two places are two failures", () => {
  const failing = decoding((bytes) => {
    if (bytes[2] === 1) throw new TypeError("Cannot read properties of undefined (reading 'left')");
    throw new TypeError("Cannot read properties of undefined (reading 'right')");
  });
  const [left, right] = new Examiner(failing).examine([BAD, Uint8Array.of(7, 9, 2)]);
  if (left === undefined || right === undefined) throw new Error("both fail");
  expect(isSameFailure(left, right)).toBe(false);
  expect(isSameFailure(left, left)).toBe(true);
});

test("what is allocated is counted, garbage and memory outside of the heap included", () => {
  expect(allocatedBytes(() => {})).toBeLessThan(100_000);
  expect(allocatedBytes(() => void Buffer.alloc(SIXTEEN_MIB))).toBeGreaterThanOrEqual(SIXTEEN_MIB);
  const filled = allocatedBytes(() => {
    for (let count = 0; count < 64; count += 1) Buffer.alloc(SIXTEEN_MIB / 64);
  });
  expect(filled).toBeGreaterThanOrEqual(SIXTEEN_MIB);
});

test("a finding becomes as small as it can be", () => {
  const target = targetOf({
    decode: (bytes) => {
      if (bytes.includes(9) && bytes.includes(5)) throw new TypeError("both");
      return { kind: "refused" };
    },
  });
  const examiner = new Examiner(target);
  const [found] = examiner.examine([Uint8Array.of(1, 2, 9, 3, 4, 4, 4, 5, 6, 7)]);
  if (found === undefined) throw new Error("nothing was found");
  expect(minimized(found, examiner).input).toEqual(Uint8Array.of(9, 5));
});

describe("a campaign", () => {
  const options: CampaignOptions = {
    seed: 7,
    durationMs: 60_000,
    regressions: [],
    coverage: undefined,
    isMinimizing: true,
    findingsMax: 1,
  };

  test("finds the one input that hides behind others, and ends with it", async () => {
    const target = targetOf({
      decode: (bytes) => {
        if (bytes[0] === 7 && bytes[1] === 1 && bytes[2] === 3) throw new TypeError("found");
        return { kind: "refused" };
      },
    });
    const { findings } = await runCampaign(target, options);
    expect(findings.map(({ kind, input }) => [kind, ...input])).toEqual([["crash", 7, 1, 3]]);
  });

  test("begins with what failed before", async () => {
    const failing = decoding(() => {
      throw new TypeError("again");
    });
    const { findings, executions } = await runCampaign(failing, {
      ...options,
      isMinimizing: false,
      regressions: [BAD],
    });
    expect(findings).toHaveLength(1);
    expect(executions).toBeLessThan(10);
  });

  test("stops when it is told to", async () => {
    const { findings } = await runCampaign(targetOf(), { ...options, signal: AbortSignal.abort() });
    expect(findings).toEqual([]);
  });
});

test("one seed makes one sequence of mutations", () => {
  const inputs = (seed: number): readonly string[] => {
    const random = new SeededRandom(seed);
    const base = Uint8Array.from(Buffer.from("840103181883050604", "hex"));
    return Array.from({ length: 200 }, () => {
      return Buffer.from(mutated(base, base, random, { dictionary: [BAD], bytesMax: 64 })).toString("hex");
    });
  };
  expect(inputs(1)).toEqual(inputs(1));
  expect(inputs(1)).not.toEqual(inputs(2));
  expect(new Set(inputs(1)).size).toBeGreaterThan(150);
});

test("bytes are text, whatever they are, and texts have bytes, whatever they hold", () => {
  for (const text of ["", "aé€\u{1F600}", "\ud800", "a\udc00b", "\u{10FFFF}\uffff\u0000"]) {
    expect(textOf(bytesOf(text))).toBe(text);
  }
  expect(textOf(Uint8Array.of(0xff, 0x80, 0xc0, 0x61, 0xe2, 0x82))).toBe("\u00ff\u0080\u00c0a\u00e2\u0082");
  // Overlong forms of "q", in three bytes and in four, are no sequences.
  expect(textOf(Uint8Array.of(0xe0, 0x81, 0xb1, 0xf0, 0x80, 0x81, 0xb1))).not.toContain("q");
});
