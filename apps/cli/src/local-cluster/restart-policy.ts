import { limits } from "../limits.ts";

export type RestartDecision =
  | { readonly kind: "restart"; readonly delayMs: number }
  /** It died again and again: somebody should look first. */
  | { readonly kind: "giveUp" };

const DEATHS_IN_A_ROW_MAX = 6;

/** How long to wait before a node that died is started again. Decides by what it was told alone. */
export class RestartPolicy {
  #deathsInARow = 0;

  died(ranMs: number): RestartDecision {
    if (ranMs >= limits.restartForgetMs) this.#deathsInARow = 0;
    this.#deathsInARow += 1;
    if (this.#deathsInARow > DEATHS_IN_A_ROW_MAX) return { kind: "giveUp" };
    const delayMs = limits.restartDelayMsMin * 2 ** (this.#deathsInARow - 1);
    return { kind: "restart", delayMs: Math.min(limits.restartDelayMsMax, delayMs) };
  }
}
