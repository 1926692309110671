import {
  assert,
  compareKeys,
  limits,
  type KeyValueEntry,
  type KeyValueStateMachine,
  type LogIndex,
  type Revision,
  type SqlCell,
  type SqlReader,
  type SqlReading,
  type SqlReadResult,
} from "@aspenjs/api";

/** What simulated machines understand of SQL: the entries between two keys. */
export const SCAN_IN_SQL =
  "SELECT key, value, version, create_revision, mod_revision, lease_id FROM kv WHERE key >= ? AND key < ? ORDER BY key";
const COLUMNS = ["key", "value", "version", "create_revision", "mod_revision", "lease_id"];
const EVERYTHING = {
  range: { kind: "prefix", prefix: "" },
  limit: limits.scanLimitMax,
  reverse: false,
  keysOnly: false,
  after: undefined,
} as const;

interface Moment {
  readonly appliedIndex: LogIndex;
  readonly revision: Revision;
  readonly entries: readonly KeyValueEntry[];
}

/**
 * Stands for the processes that answer queries beside a real machine. What they promise is that a query sees at least
 * what it was asked to see, so this shows the oldest moment that it has looked at and may still show.
 */
export class SimulatedSql implements SqlReader {
  readonly #machine: KeyValueStateMachine;
  readonly #pace: () => Promise<void>;
  #moment: Moment | undefined;

  /** @param pace how long a query takes; resolves never when its process is gone */
  constructor(machine: KeyValueStateMachine, pace: () => Promise<void>) {
    this.#machine = machine;
    this.#pace = pace;
  }

  async read({ sql, parameters, keyPrefixes, appliedIndexMin }: SqlReading): Promise<SqlReadResult> {
    assert(sql === SCAN_IN_SQL && keyPrefixes.length === 0, "simulated clients ask one statement, of all keys");
    const [start, end] = parameters;
    assert(typeof start === "string" && typeof end === "string", "the statement takes two keys");
    await this.#pace();
    if (this.#moment === undefined || this.#moment.appliedIndex < appliedIndexMin) this.#moment = this.#look();
    const { appliedIndex, revision, entries } = this.#moment;
    const found = entries.filter(({ key }) => compareKeys(key, start) >= 0 && compareKeys(key, end) < 0);
    return { columns: COLUMNS, rows: found.map(rowOf), appliedIndex, revision };
  }

  #look(): Moment {
    const { appliedState, revision } = this.#machine;
    const { entries, isTruncated } = this.#machine.scan(EVERYTHING);
    assert(!isTruncated, "simulated clients write few keys");
    return { appliedIndex: appliedState.lastApplied.index, revision, entries };
  }
}

function rowOf({ key, value, version, createRevision, modRevision, leaseId }: KeyValueEntry): readonly SqlCell[] {
  return [key, value, version, createRevision, modRevision, leaseId ?? null];
}

/** @throws AssertionFailure for what is no row of the statement */
export function entryOfRow([key, value, version, createRevision, modRevision, leaseId]: readonly SqlCell[]) {
  assert(typeof key === "string" && value instanceof Uint8Array, "a row begins with a key and a value");
  const numbers = [version, createRevision, modRevision].filter((cell) => typeof cell === "number");
  const [ofVersion = 0, ofCreate = 0, ofMod = 0] = numbers;
  assert(numbers.length === 3, "a row counts in numbers");
  const lease = typeof leaseId === "number" ? { leaseId } : {};
  return { key, value, version: ofVersion, createRevision: ofCreate, modRevision: ofMod, ...lease };
}
