import { AspenError } from "@aspenjs/api";
import { expect, test } from "vitest";
import { leaderHintOf, notLeaderError } from "./leader-hint.ts";

test("a refusal points at the leader when one is known", () => {
  expect(leaderHintOf(notLeaderError(3))).toBe(3);
  expect(leaderHintOf(notLeaderError(undefined))).toBeUndefined();
});

test("a hint that no node could have given is ignored", () => {
  expect(leaderHintOf(new AspenError("not_leader", "", { details: { leader: 0 } }))).toBeUndefined();
  expect(leaderHintOf(new AspenError("not_leader", "", { details: { leader: "3" } }))).toBeUndefined();
  expect(leaderHintOf(new AspenError("conflict", "", { details: { leader: 3 } }))).toBeUndefined();
});
