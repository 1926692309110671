import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { stateMachineLimits } from "../../src/limits.ts";
import { commandResultOf, decodeSession, encodeSession, encodeSessionResult } from "../../src/session-row.ts";
import type { SavedSession } from "../../src/session.ts";
import { session } from "./saved-values.ts";

const fullWindow = Array.from({ length: stateMachineLimits.sessionWindowMax }, (_, position) =>
  encodeSessionResult(position + 1, 0, { kind: "sessionClosed" }),
);

export const target = defineTarget<SavedSession>({
  name: "state-machine/session",
  decodes: "a session in the tables of a replica",
  covers: ["decodeSession"],
  // A replica writes up to 16 MiB of results here, and no bound on cells holds for them: what a session of this size
  // costs is what is looked at. These rows come from a disk or a snapshot whose digest was verified, not from a peer.
  frameBytesMax: 65_536,
  amplification: { times: 200, reason: "results may hold as many cells as bytes: a row of one-byte cells costs each" },
  seeds: () => [
    encodeSession({ ...session, results: [] }),
    encodeSession(session),
    encodeSession({ ...session, results: fullWindow }),
  ],
  decode: throwing(decodeSession, DecodeError),
  encode: { form: "canonical", write: encodeSession },
  check: ({ results }) => {
    for (const result of results) commandResultOf(result);
  },
  canaries: [
    {
      name: "cells behind a result",
      file: "packages/state-machine/src/session-row.ts",
      find: "  row.end();\n  return encodeSessionResult(sequence, digest, result);",
      replace: "  return encodeSessionResult(sequence, digest, result);",
    },
    {
      name: "results beyond the window",
      file: "packages/state-machine/src/session-row.ts",
      find: 'row.list("results", stateMachineLimits.sessionWindowMax,',
      replace: 'row.list("results", 1_000_000,',
    },
  ],
});
