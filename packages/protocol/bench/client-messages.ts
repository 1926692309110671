/**
 * What the bytes of the two hottest requests cost: encode and decode of the request and of its answer, one after the
 * other, in one thread.
 *
 *     node --conditions=@aspenjs/source packages/protocol/bench/client-messages.ts
 */
import {
  decodeClientAnswer,
  decodeClientCall,
  encodeClientAnswer,
  encodeClientCall,
  type ClientCall,
} from "../src/index.ts";

const ROUNDS = 200_000;
const session = { sessionId: 123_456, sequence: 777, acknowledgedThrough: 700 };

for (const valueBytes of [100, 1_024, 65_536]) {
  const value = new Uint8Array(valueBytes).fill(7);
  const key = "users/000123/profile";
  const write: ClientCall = {
    deadlineMs: 9_876,
    request: { kind: "write", session, command: { kind: "set", key, value } },
  };
  const get: ClientCall = { deadlineMs: 9_876, request: { kind: "get", key, consistency: "linearizable" } };
  const entry = { key, value, createRevision: 5, modRevision: 123_456, version: 9 };
  measure(`write of ${valueBytes} bytes`, () => {
    decodeClientCall(encodeClientCall(write));
    const answer = encodeClientAnswer("write", { kind: "written", result: { kind: "set", revision: 123_457 } });
    decodeClientAnswer("write", answer);
  });
  measure(`get of ${valueBytes} bytes`, () => {
    decodeClientCall(encodeClientCall(get));
    const label = { consistency: "linearizable", appliedIndex: 200_000, revision: 123_457 } as const;
    decodeClientAnswer("get", encodeClientAnswer("get", { ...label, entry }));
  });
}

function measure(name: string, round: () => void): void {
  for (let index = 0; index < ROUNDS / 10; index += 1) round();
  const startedAtMs = performance.now();
  for (let index = 0; index < ROUNDS; index += 1) round();
  const microseconds = ((performance.now() - startedAtMs) * 1_000) / ROUNDS;
  console.log(`${name.padEnd(22)} ${microseconds.toFixed(2)} us`);
}
