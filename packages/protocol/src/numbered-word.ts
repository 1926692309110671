import { assert } from "@aspenjs/api";
import type { RowReader } from "@aspenjs/codec";

/** Words of a fixed list travel as their positions in it: a new word goes to the end. */
export function wordCell<Word extends string>(words: readonly Word[], word: Word): number {
  const number = words.indexOf(word);
  assert(number >= 0, "every word has its number");
  return number;
}

/** @throws DecodeError */
export function readNumberedWord<Word extends string>(row: RowReader, name: string, words: readonly Word[]): Word {
  const word = words[row.integer(name, 0, words.length - 1)];
  assert(word !== undefined, "every number in range has its word");
  return word;
}
