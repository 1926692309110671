import type { SnapshotMeta } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { stateMachineLimits } from "../../src/limits.ts";
import { decodeSnapshotMeta, encodeSnapshotMeta } from "../../src/snapshot-meta-row.ts";
import { membership } from "./saved-values.ts";

const META: SnapshotMeta = {
  lastIncluded: { term: 3, index: 70_000 },
  membership,
  byteLength: 4_096,
  digest: new Uint8Array(32).fill(5),
};

export const target = defineTarget<SnapshotMeta>({
  name: "state-machine/snapshot-meta",
  decodes: "what lies beside a snapshot on disk",
  covers: ["decodeSnapshotMeta"],
  frameBytesMax: stateMachineLimits.snapshotMetaBytesMax,
  seeds: () => [
    encodeSnapshotMeta(META),
    encodeSnapshotMeta({ ...META, lastIncluded: { term: 0, index: 0 }, byteLength: 0 }),
  ],
  decode: throwing(decodeSnapshotMeta, DecodeError),
  encode: { form: "canonical", write: encodeSnapshotMeta },
  canaries: [
    {
      name: "cells behind the digest",
      file: "packages/state-machine/src/snapshot-meta-row.ts",
      find: "  row.end();\n",
      replace: "",
    },
    {
      name: "a membership that contradicts itself",
      file: "packages/state-machine/src/membership-row.ts",
      find: "  if (problem !== undefined) throw new DecodeError(problem);",
      replace: "  if (problem !== undefined) throw new Error(problem);",
    },
  ],
});
