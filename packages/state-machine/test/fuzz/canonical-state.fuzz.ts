import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { canonicalChunks, readCanonicalState, type CanonicalState } from "../../src/canonical-state.ts";
import { membership, session } from "./saved-values.ts";

const LENGTH_BYTES = 4;

const STATE: CanonicalState = {
  entries: [
    { key: "\u0000s", value: new Uint8Array(), createRevision: 1, modRevision: 1, version: 1 },
    { key: "a", value: new Uint8Array([1, 2]), createRevision: 2, modRevision: 300, version: 4 },
  ],
  state: {
    lastApplied: { term: 3, index: 70_000 },
    membership,
    revision: 300,
    logTimeMs: 1_700_000_000_000,
    sessions: [session],
  },
};

function bytesOfState({ entries, state }: CanonicalState): Uint8Array {
  return new Uint8Array(Buffer.concat([...canonicalChunks(entries, state)]));
}

export const target = defineTarget<CanonicalState>({
  name: "state-machine/canonical-state",
  decodes: "the whole replicated state",
  covers: ["readCanonicalState", "readMembership"],
  // The whole is as long as the state; this much of it is looked at.
  frameBytesMax: 1_048_576,
  amplification: { times: 200, reason: "sessions may hold as many cells as bytes: a row of one-byte cells costs each" },
  seeds: () => [bytesOfState(STATE), bytesOfState({ entries: [], state: { ...STATE.state, sessions: [] } })],
  decode: throwing(readCanonicalState, DecodeError),
  encode: { form: "canonical", write: bytesOfState },
  // The last row gets the length that is left for it.
  repair: (bytes) => {
    const copy = Uint8Array.from(bytes);
    const view = new DataView(copy.buffer);
    let at = 0;
    while (at + LENGTH_BYTES <= copy.byteLength) {
      const next = at + LENGTH_BYTES + view.getUint32(at);
      if (next >= copy.byteLength) break;
      at = next;
    }
    if (at + LENGTH_BYTES <= copy.byteLength) view.setUint32(at, copy.byteLength - at - LENGTH_BYTES);
    return copy;
  },
  canaries: [
    {
      name: "bytes behind the end",
      file: "packages/state-machine/src/canonical-state.ts",
      find: 'if (offset !== bytes.byteLength) throw new DecodeError("bytes follow the end of the state");',
      replace: "",
    },
    {
      name: "a length that is not looked at",
      file: "packages/state-machine/src/canonical-state.ts",
      find: 'if (offset + LENGTH_BYTES > bytes.byteLength) throw new DecodeError("the state ends too early");',
      replace: "",
    },
    {
      name: "leases of a later version",
      file: "packages/state-machine/src/canonical-state.ts",
      find: 'if (leaseId !== undefined) throw new DecodeError("this version knows no leases");',
      replace: "",
    },
  ],
});
