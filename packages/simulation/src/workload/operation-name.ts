/** Every call that an operator makes. A search that has not met one of them has not tested it. */
export const OPERATIONS = [
  "init",
  "takeSnapshot",
  "transferLeadership",
  "addLearner",
  "promote",
  "replace",
  "remove",
  "changeMembership",
] as const;

export type OperationName = (typeof OPERATIONS)[number];
