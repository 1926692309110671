import { AspenError, assertUserKey } from "@aspenjs/api";
import { UsageError } from "../usage-error.ts";
import { wordText, type LineScanner, type Word } from "./line-scanner.ts";

/** @throws UsageError */
export function checkedKey(scanner: LineScanner, word: Word): string {
  const key = wordText(scanner, word);
  checked(scanner, word.at, () => assertUserKey(key));
  return key;
}

/** Gives a refusal its place in the text. @throws UsageError */
export function checked<Result>(scanner: LineScanner, at: number, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (error instanceof UsageError || error instanceof AspenError) throw scanner.error(at, error.message);
    throw error;
  }
}
