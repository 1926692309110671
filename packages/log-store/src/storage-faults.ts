import type { StorageFault } from "@aspenjs/api";

const ADVICE = "do not repair it by hand: set the directory aside and let the node join again as a new learner";

/** A node that goes on without data it once acknowledged can elect a leader that lost committed entries. */
export function corruptFault(problem: string, cause?: unknown): StorageFault {
  return { code: "corrupt", message: `${problem}; ${ADVICE}`, cause };
}

export const CLOSED: StorageFault = { code: "closed", message: "the log store is closed" };
