import { assert, type HardState, type LogId, type LogState, type LogWriteBatch } from "@aspenjs/api";

/**
 * What a batch must never do. A violation is a bug of consensus, not a fault of the disk: better to stop than to
 * store it. `state` is what all earlier calls made of the log.
 */
export function assertLogWriteBatch(state: LogState, batch: LogWriteBatch): void {
  if (batch.hardState !== undefined) assertHardStateFollows(state.hardState, batch.hardState);
  if (batch.truncateFrom !== undefined) {
    assert(batch.truncateFrom > state.purged.index, `truncation at ${batch.truncateFrom} reaches purged entries`);
    assert(batch.truncateFrom > state.committed, `truncation at ${batch.truncateFrom} reaches committed entries`);
  }
  const keptThrough = Math.min(state.last.index, (batch.truncateFrom ?? Infinity) - 1);
  let expectedIndex = keptThrough + 1;
  for (const entry of batch.entries) {
    assert(entry.index === expectedIndex, `entry ${entry.index} where ${expectedIndex} must follow`);
    expectedIndex += 1;
  }
  if (batch.committed !== undefined) {
    assert(batch.committed >= state.committed, `committed goes back from ${state.committed} to ${batch.committed}`);
    assert(batch.committed < expectedIndex, `committed ${batch.committed} is beyond the last entry`);
  }
}

/** A term has one vote for ever, and terms only grow (dissertation section 3.4). */
function assertHardStateFollows(before: HardState, after: HardState): void {
  assert(after.term >= before.term, `term goes back from ${before.term} to ${after.term}`);
  const isVoteKept = after.term > before.term || before.vote === undefined || before.vote === after.vote;
  assert(isVoteKept, `the vote of term ${before.term} changes from ${before.vote} to ${after.vote}`);
}

/** @param termAt the term of the entry at `through.index`; `undefined` when the log does not hold it */
export function assertPurge(state: LogState, through: LogId, termAt: number | undefined): void {
  assert(through.index <= state.last.index, `purge through ${through.index} goes beyond the last entry`);
  assert(termAt === through.term, `purge through term ${through.term}, but entry ${through.index} has ${termAt}`);
}

export function assertReset(state: LogState, to: LogId): void {
  assert(to.index >= state.purged.index, `reset to ${to.index} goes back behind the purge point`);
  assert(to.index >= state.committed, `reset to ${to.index} would drop committed entries`);
}
