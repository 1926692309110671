import { limits } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { canonicalChunks, readCanonicalState, type CanonicalState } from "../../src/canonical-state.ts";
import { ChangeHistory } from "../../src/change-history.ts";
import { LeaseTable } from "../../src/lease-table.ts";
import { countLeaseKeys } from "../../src/lease-bindings.ts";
import { SAVED_STATE_EMPTY } from "../../src/replicated-state.ts";
import { membership, savedChanges, session } from "./saved-values.ts";

const LENGTH_BYTES = 4;

const STATE: CanonicalState = {
  entries: [
    { key: "\u0000s", value: new Uint8Array(), createRevision: 1, modRevision: 1, version: 1 },
    { key: "a", value: new Uint8Array([1, 2]), createRevision: 2, modRevision: 300, version: 4 },
    { key: "b", value: new Uint8Array(), createRevision: 5, modRevision: 5, version: 1, leaseId: 7 },
    { key: "c", value: new Uint8Array(), createRevision: 6, modRevision: 6, version: 1, leaseId: 9 },
  ],
  state: {
    lastApplied: { term: 3, index: 70_000 },
    membership,
    revision: 300,
    logTimeMs: 1_700_000_000_000,
    sessions: [session],
    leases: {
      leases: [
        { leaseId: 7, ttlMs: limits.leaseTtlMsMin, deadlineMs: 300, isOwnedByKey: false },
        { leaseId: 9, ttlMs: limits.leaseTtlMsMax, deadlineMs: 1_700_000_010_000, isOwnedByKey: true },
      ],
      extendedAtMs: 900,
    },
    changes: savedChanges,
  },
};
const EMPTY: CanonicalState = { entries: [], state: SAVED_STATE_EMPTY };
/** Little else but one lease, so that what is changed is often that lease. */
const LEASE: CanonicalState = {
  entries: [],
  state: { ...SAVED_STATE_EMPTY, leases: { leases: STATE.state.leases.leases.slice(0, 1), extendedAtMs: 0 } },
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
  seeds: () => [bytesOfState(STATE), bytesOfState(EMPTY), bytesOfState(LEASE)],
  decode: throwing(readCanonicalState, DecodeError),
  encode: { form: "canonical", write: bytesOfState },
  check: ({ entries, state: { leases, changes, revision } }) => {
    if (leases.leases.some(({ ttlMs }) => ttlMs < limits.leaseTtlMsMin)) throw new Error("a lease is too short");
    // Fails an assertion when keys and leases contradict each other.
    void new LeaseTable(leases, countLeaseKeys(entries));
    // Fails another when there is a gap.
    void new ChangeHistory(changes, revision).changesFrom(revision, 1);
  },
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
      name: "a lease without a time to live",
      file: "packages/state-machine/src/canonical-state.ts",
      find: 'ttlMs: row.integer("ttlMs", limits.leaseTtlMsMin, limits.leaseTtlMsMax),',
      replace: 'ttlMs: row.integer("ttlMs", 0, limits.leaseTtlMsMax),',
    },
    {
      name: "keys that are bound to a lease that is not there",
      file: "packages/state-machine/src/canonical-state.ts",
      find: "if (bindingProblem !== undefined) throw new DecodeError(bindingProblem);",
      replace: "",
    },
    {
      name: "changes of revisions that there are not",
      file: "packages/state-machine/src/canonical-state.ts",
      find: "if (historyProblem !== undefined) throw new DecodeError(historyProblem);",
      replace: "",
    },
  ],
});
