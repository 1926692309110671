import type { Examiner } from "./examiner.ts";
import { isSameFailure, type Finding } from "./finding.ts";

const ATTEMPTS_MAX = 2_000;
/** Hangs and floods of memory are slow to look at: these stay larger than they could be. */
const DURATION_MS_MAX = 10_000;

/** The same failure from fewer and plainer bytes: pieces left out, from large to small, then bytes made zero. */
export function minimized(found: Finding, examiner: Examiner): Finding {
  let best = found;
  let attemptsLeft = ATTEMPTS_MAX;
  const endMs = performance.now() + DURATION_MS_MAX;
  const isOver = (): boolean => attemptsLeft <= 0 || performance.now() >= endMs;
  const isKept = (input: Uint8Array): boolean => {
    attemptsLeft -= 1;
    const [again] = examiner.examine([input]);
    if (again === undefined || !isSameFailure(again, found)) return false;
    best = again;
    return true;
  };
  for (let pieceBytes = best.input.byteLength >> 1; pieceBytes >= 1; pieceBytes >>= 1) {
    for (let at = 0; at < best.input.byteLength && !isOver();) {
      const shorter = Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + pieceBytes)]);
      if (!isKept(new Uint8Array(shorter))) at += pieceBytes;
    }
  }
  for (let at = 0; at < best.input.byteLength && !isOver(); at += 1) {
    if (best.input[at] === 0) continue;
    const plainer = Uint8Array.from(best.input);
    plainer[at] = 0;
    isKept(plainer);
  }
  return best;
}
