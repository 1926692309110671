import type { CommandResult } from "@aspenjs/api";
import { encodeSessionResult } from "../../src/session-row.ts";
import type { SavedSession } from "../../src/session.ts";
import { membershipOf } from "../../src/testing/log-script.ts";

const RESULTS: readonly CommandResult[] = [
  { kind: "written", result: { kind: "setMulti", revision: 7 } },
  { kind: "written", result: { kind: "compare", outcome: "conflict", revision: 1, actual: undefined } },
  { kind: "sessionClosed" },
  { kind: "sequenceRefused", reason: "tooFarAhead" },
];

export const session: SavedSession = {
  sessionId: 300,
  lastUsedMs: 1_700_000_000_000,
  acknowledgedThrough: 1,
  results: RESULTS.map((result, position) => encodeSessionResult(position + 2, position * 70_000, result)),
};

export const membership = { logId: { term: 1, index: 1 }, membership: membershipOf([1, 2]) };
