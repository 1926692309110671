import { assert, at } from "./assert.ts";
import { mixed } from "./operation-set.ts";

const WORDS_INITIAL = 1_024;
const NO_RECORD = -1;
const RECORD_HEADER_WORDS = 5;

interface HashedSet {
  readonly words: Int32Array;
  readonly hash: number;
}

/** A situation of the search: which operations have a place, and the state that their order leads to. */
export interface Configuration {
  readonly answered: HashedSet;
  readonly unanswered: Pick<HashedSet, "words">;
  readonly stateId: number;
  /** The first operation with an answer that has no place: below it all have one. */
  readonly firstOpen: number;
  /** No operation with an answer above this has a place. */
  readonly lastPlaced: number;
}

/**
 * Which situations have been entered (Lowe 2017). A situation needs no second visit, and neither does one that differs
 * only by having used more of the operations without an answer: whatever goes on from there goes on from the leaner one.
 *
 * Of the operations with an answer only the stretch between the first without a place and the last with one is kept,
 * and that is as long as there are calls at once, not as the history. Records lie in one array, chained by hash:
 * next record, state, first word of the stretch, count of its words, count of words of the unanswered, then the words.
 */
export class ConfigurationMemo {
  readonly #firstByHash = new Map<number, number>();
  #records = new Int32Array(WORDS_INITIAL);
  #end = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** False if there is no need to go on from this one. */
  enter(configuration: Configuration): boolean {
    const { answered, stateId } = configuration;
    const hash = (answered.hash ^ mixed(stateId)) >>> 1;
    const first = this.#firstByHash.get(hash) ?? NO_RECORD;
    for (let record = first; record !== NO_RECORD; record = at(this.#records, record)) {
      if (this.#covers(record, configuration)) return false;
    }
    this.#firstByHash.set(hash, this.#append(configuration, first));
    return true;
  }

  #covers(record: number, { answered, unanswered, stateId, firstOpen, lastPlaced }: Configuration): boolean {
    const records = this.#records;
    const firstWord = firstOpen >>> 5;
    const wordCount = stretchWords(firstOpen, lastPlaced);
    if (at(records, record + 1) !== stateId || at(records, record + 2) !== firstWord) return false;
    if (at(records, record + 3) !== wordCount) return false;
    let position = record + RECORD_HEADER_WORDS;
    for (let word = 0; word < wordCount; word += 1) {
      if (at(records, position) !== at(answered.words, firstWord + word)) return false;
      position += 1;
    }
    const unansweredCount = at(records, record + 4);
    for (let word = 0; word < unansweredCount; word += 1) {
      if ((at(records, position) & ~at(unanswered.words, word)) !== 0) return false;
      position += 1;
    }
    return true;
  }

  #append({ answered, unanswered, stateId, firstOpen, lastPlaced }: Configuration, next: number): number {
    const wordCount = stretchWords(firstOpen, lastPlaced);
    const firstWord = firstOpen >>> 5;
    const unansweredCount = usedWords(unanswered.words);
    const record = this.#reserve(RECORD_HEADER_WORDS + wordCount + unansweredCount);
    const records = this.#records;
    records.set([next, stateId, firstWord, wordCount, unansweredCount], record);
    let position = record + RECORD_HEADER_WORDS;
    for (let word = 0; word < wordCount; word += 1) records[position++] = at(answered.words, firstWord + word);
    for (let word = 0; word < unansweredCount; word += 1) records[position++] = at(unanswered.words, word);
    this.#count += 1;
    return record;
  }

  #reserve(wordCount: number): number {
    const record = this.#end;
    this.#end += wordCount;
    assert(this.#end < 2 ** 31, "more situations than an array holds");
    if (this.#end > this.#records.length) {
      const grown = new Int32Array(Math.max(2 * this.#records.length, this.#end));
      grown.set(this.#records);
      this.#records = grown;
    }
    return record;
  }
}

function stretchWords(firstOpen: number, lastPlaced: number): number {
  return Math.max(0, (lastPlaced >>> 5) - (firstOpen >>> 5) + 1);
}

function usedWords(words: Int32Array): number {
  let count = words.length;
  while (count > 0 && words[count - 1] === 0) count -= 1;
  return count;
}
