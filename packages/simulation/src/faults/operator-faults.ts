import { SKIPPED, type Fault } from "./fault.ts";

const AT_ONCE = { durationMsMin: 0, durationMsMax: 0 };

/** Not misfortunes, but what operators do, at the worst of times. */
export const transferLeadership: Fault = {
  ...AT_ONCE,
  name: "transfer-leadership",
  weight: 3,
  strike({ operator }, random) {
    return operator.transferLeadership(random) ? { kind: "injected", text: "leadership is to move" } : SKIPPED;
  },
};

export const takeSnapshot: Fault = {
  ...AT_ONCE,
  name: "take-snapshot",
  weight: 3,
  strike({ operator }, random) {
    return operator.takeSnapshot(random) ? { kind: "injected", text: "a snapshot is asked for" } : SKIPPED;
  },
};

export const changeMembership: Fault = {
  ...AT_ONCE,
  name: "change-membership",
  weight: 5,
  strike({ operator }, random) {
    const text = operator.changeMembership(random);
    return text === undefined ? SKIPPED : { kind: "injected", text };
  },
};
