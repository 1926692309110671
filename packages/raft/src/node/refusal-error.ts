import { AspenError, type ErrorCode } from "@aspenjs/api";
import type { Effect, RefusalReason } from "../core/effect.ts";

const CODES: Readonly<Record<RefusalReason, ErrorCode>> = {
  not_leader: "not_leader",
  transferring: "unavailable",
  change_in_progress: "conflict",
  invalid_membership: "invalid_request",
  interrupted: "unavailable",
  lease_disabled: "unsupported",
  overloaded: "resource_exhausted",
  not_a_voter: "invalid_request",
  already_initialized: "already_initialized",
};

/** What a caller hears of a refusal. Nothing refused ever took effect. */
export function refusalError(refused: Extract<Effect, { readonly kind: "refused" }>): AspenError {
  // Without a leader to name there is nobody to ask: the cluster is not available, as far as this node knows.
  const isLeaderless = refused.reason === "not_leader" && refused.leader === undefined;
  return new AspenError(isLeaderless ? "unavailable" : CODES[refused.reason], refused.detail, {
    ...(refused.reason === "change_in_progress" ? { retryable: true } : {}),
    details: {
      outcome: "not_applied",
      reason: refused.reason,
      ...(refused.leader === undefined ? {} : { leader: refused.leader }),
    },
  });
}

/** The entry's place in the log went to another leader's entry: it did not take effect and never will. */
export function supersededError(): AspenError {
  return new AspenError("unavailable", "another leader took over before this was committed", {
    details: { outcome: "not_applied" },
  });
}

/** This node skipped the place in the log by a snapshot: it cannot say what came of it. */
export function unknownOutcomeError(): AspenError {
  return new AspenError("unavailable", "this node lost track of the entry; its outcome is unknown", {
    details: { outcome: "unknown" },
  });
}
