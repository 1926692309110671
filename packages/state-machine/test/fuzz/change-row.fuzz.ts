import { compareKeys, type KeyChange } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { decodeChanges, encodeChanges, keyOf } from "../../src/change-row.ts";
import { RowWriter } from "../../src/row-writer.ts";
import { changes } from "./saved-values.ts";

const REVISION = 300;

export const target = defineTarget<readonly KeyChange[]>({
  name: "state-machine/change-row",
  decodes: "what one revision did to the keys",
  covers: ["decodeChanges"],
  // A replica writes up to 24 MiB of them; the rows come from a disk or a snapshot whose digest was verified.
  frameBytesMax: 65_536,
  amplification: { times: 200, reason: "changes may have as many cells as a transaction and its ranges have keys" },
  seeds: () =>
    [[], changes.slice(0, 1), changes.slice(2, 3), changes].map((some) => encodeChanges(some, new RowWriter())),
  decode: throwing((bytes) => decodeChanges({ revision: REVISION, content: bytes }), DecodeError),
  encode: { form: "canonical", write: (value) => encodeChanges(value, new RowWriter()) },
  check: (value) => {
    for (const [position, change] of value.entries()) {
      const earlier = value[position - 1];
      if (earlier !== undefined && compareKeys(keyOf(earlier), keyOf(change)) >= 0) throw new Error("out of order");
      if (change.kind === "put" && change.entry.modRevision !== REVISION) throw new Error("of another revision");
      const { previous } = change;
      if (previous === undefined) continue;
      if (previous.key !== keyOf(change)) throw new Error("of another key");
      if (previous.modRevision >= REVISION) throw new Error("from the future");
    }
  },
  canaries: [
    {
      name: "keys out of order",
      file: "packages/state-machine/src/change-row.ts",
      find: "compareKeys(lastKey, key) >= 0",
      replace: "lastKey === key",
    },
    {
      name: "an entry of another revision",
      file: "packages/state-machine/src/change-row.ts",
      find: 'if (entry.modRevision !== revision) throw new DecodeError("a change belongs to another revision");',
      replace: "",
    },
    {
      name: "what another key held before",
      file: "packages/state-machine/src/change-row.ts",
      find: 'if (previous.key !== key) throw new DecodeError("what was there before belongs to another key");',
      replace: "",
    },
    {
      name: "cells behind a change",
      file: "packages/state-machine/src/change-row.ts",
      find: 'readKeyValueEntry(cells.row("previous")));\n  row.end();',
      replace: 'readKeyValueEntry(cells.row("previous")));',
    },
  ],
});
