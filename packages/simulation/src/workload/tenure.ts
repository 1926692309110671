import type { LeaseId } from "@aspenjs/api";

/** One time of holding a lock: from the answer that gave it until its holder does not count on it any more. */
export interface Tenure {
  readonly lock: string;
  readonly holder: string;
  readonly leaseId: LeaseId;
  readonly fromUs: number;
  readonly untilUs: number;
}

/** Somebody was told that a lease is over, who could still count on it until `aliveUntilUs`. */
export interface LeaseLoss {
  readonly holder: string;
  readonly leaseId: LeaseId;
  readonly toldUs: number;
  readonly aliveUntilUs: number;
}
