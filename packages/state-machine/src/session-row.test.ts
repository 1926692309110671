import { Buffer } from "node:buffer";
import type { CommandResult } from "@aspenjs/api";
import { DecodeError, encodeRow } from "@aspenjs/codec";
import { commandResultRow } from "@aspenjs/protocol";
import { describe, expect, test } from "vitest";
import { commandResultOf, decodeSession, encodeSession, encodeSessionResult } from "./session-row.ts";
import type { SavedSession } from "./session.ts";

const resultAt = (sequence: number): CommandResult => ({
  kind: "written",
  result: { kind: "delete", revision: sequence * 40, deletedCount: 0, previous: [] },
});

function sessionWith(resultCount: number): SavedSession {
  const results = Array.from({ length: resultCount }, (_, i) =>
    encodeSessionResult(i + 1, i * 70_000, resultAt(i + 1)),
  );
  return { sessionId: 300, lastUsedMs: 1_700_000_000_000, acknowledgedThrough: 0, results };
}

describe("a stored session", () => {
  test.each([0, 1, 23, 24, 255, 256, 1_024])("with %i results is a canonical row that reads back", (count) => {
    const session = sessionWith(count);
    const rows = session.results.map(({ sequence, digest }) => [
      sequence,
      digest,
      commandResultRow(resultAt(sequence)),
    ]);
    const canonical = encodeRow([session.sessionId, session.lastUsedMs, session.acknowledgedThrough, rows]);
    expect(Buffer.compare(encodeSession(session), canonical)).toBe(0);
    expect(decodeSession(encodeSession(session))).toStrictEqual(session);
    for (const result of session.results) expect(commandResultOf(result)).toStrictEqual(resultAt(result.sequence));
  });

  test.each([
    ["results beyond the window", [1, 1, 0, Array.from({ length: 1_025 }, (_, i) => [i + 1, 0, [2]])]],
    ["session id 0", [0, 1, 0, []]],
    ["an unknown result", [1, 1, 0, [[1, 0, [9]]]]],
    ["a cell too many", [1, 1, 0, [], 0]],
  ])("with %s is refused", (_name, row) => {
    expect(() => decodeSession(encodeRow(row))).toThrow(DecodeError);
  });
});
