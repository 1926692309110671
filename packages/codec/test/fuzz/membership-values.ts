import type { Membership } from "@aspenjs/api";
import fc from "fast-check";

const plain = { noNullPrototype: true } as const;
const nodeId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const nodeIds = fc.array(nodeId, { maxLength: 3 });
const text = fc.string({ unit: "grapheme", maxLength: 12 });

/** Any that the bytes can hold: whether it makes sense is not the row's business. */
export const membership: fc.Arbitrary<Membership> = fc.record(
  {
    voters: nodeIds,
    outgoingVoters: nodeIds,
    learners: nodeIds,
    nodes: fc.array(fc.record({ nodeId, peerId: text, addresses: fc.array(text, { maxLength: 3 }) }, plain), {
      maxLength: 3,
    }),
  },
  plain,
);
