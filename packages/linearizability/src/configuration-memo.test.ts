import { expect, test } from "vitest";
import { ConfigurationMemo, type Configuration } from "./configuration-memo.ts";
import { mixed } from "./operation-set.ts";

/** Situations that all have one hash, states included: what tells them apart is what they hold. */
function configuration(answered: number, unanswered: number, stateId = 0, firstOpen = 0): Configuration {
  const words = Int32Array.of(answered, answered, 0);
  return {
    answered: { words, hash: 7 ^ mixed(stateId) },
    unanswered: { words: Int32Array.of(unanswered) },
    stateId,
    firstOpen,
    lastPlaced: 40,
  };
}

function withLastWord(situation: Configuration, word: number): Configuration {
  const { words, hash } = situation.answered;
  return { ...situation, answered: { words: words.with(1, word), hash } };
}

test("a situation is entered once", () => {
  const memo = new ConfigurationMemo();
  expect(memo.enter(configuration(0b101, 0))).toBe(true);
  expect(memo.enter(configuration(0b101, 0))).toBe(false);
  expect(memo.count).toBe(1);
});

test.each([
  ["other operations have a place", configuration(0b110, 0)],
  ["only the last of them has another place", withLastWord(configuration(0b101, 0), 0b110)],
  ["the state is another", configuration(0b101, 0, 1)],
  ["the stretch begins elsewhere", configuration(0b101, 0, 0, 33)],
])("it is another one if %s, also when the hash is the same", (_name, other) => {
  const memo = new ConfigurationMemo();
  memo.enter(configuration(0b101, 0));
  expect(memo.enter(other)).toBe(true);
  expect(memo.enter(configuration(0b101, 0))).toBe(false);
});

test("one that used more operations without an answer is covered by one that used fewer, never the other way", () => {
  const memo = new ConfigurationMemo();
  expect(memo.enter(configuration(0b101, 0b011))).toBe(true);
  expect(memo.enter(configuration(0b101, 0b111))).toBe(false);
  expect(memo.enter(configuration(0b101, 0b100))).toBe(true);
  expect(memo.enter(configuration(0b101, 0b001))).toBe(true);
  expect(memo.enter(configuration(0b101, 0))).toBe(true);
  expect(memo.enter(configuration(0b101, 0b1000))).toBe(false);
});

test("thousands of situations with one hash are kept apart", () => {
  const memo = new ConfigurationMemo();
  for (let answered = 0; answered < 2_000; answered += 1) expect(memo.enter(configuration(answered, 0))).toBe(true);
  for (let answered = 0; answered < 2_000; answered += 1) expect(memo.enter(configuration(answered, 0))).toBe(false);
});
