import type { LogEntry } from "@aspenjs/api";
import { expect, test } from "vitest";
import type { Message } from "../core/message.ts";
import { limits } from "./limits.ts";
import { decodeMessage, encodeMessage } from "./message-codec.ts";

test("the append of the most entries has no more cells than a row may have", () => {
  const command = new Uint8Array(1);
  const entries = Array.from({ length: limits.messageEntriesMax }, (_, position): LogEntry => {
    return { term: 1, index: position + 1, payload: { kind: "command", command } };
  });
  const previous = { term: 0, index: 0 };
  const message: Message = { kind: "appendRequest", term: 1, sequence: 1, previous, entries, committed: 0, round: 1 };
  expect(decodeMessage(encodeMessage(message))).toEqual(message);
});
