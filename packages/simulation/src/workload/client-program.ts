import {
  AspenError,
  type CallOptions,
  type Compare,
  type Expected,
  type ReadConsistency,
  type Revision,
  type ScanResult,
  type SqlStore,
  type TransactionCommand,
  type TransactionOperation,
  type WriteCommand,
} from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import { entryOfRow, SCAN_IN_SQL } from "../disk/simulated-sql.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import { groupPrefix, type KeySpace } from "./key-space.ts";
import type { Answer, Call, CallOutcome, RecordedCall } from "./recorded-call.ts";

export interface ClientProgramOptions {
  readonly client: SimulatedClient;
  readonly keys: KeySpace;
  readonly random: SeededRandom;
  /** Between two calls at most. */
  readonly thinkMsMax: number;
  readonly consistencies: readonly ReadConsistency[];
  readonly nowUs: () => number;
  readonly onCall: (call: RecordedCall) => void;
  readonly isStopping: () => boolean;
  /** Which calls it makes; default: all kinds. */
  readonly diet?: "reads" | "writes";
  /** Every call is given up after at most this; default: some are, and later. */
  readonly patienceMsMax?: number;
  /** Talks to this address alone. */
  readonly endpoint?: string;
}

const PAIRS_MAX = 3;
const WRITE_KINDS = 11;
const LANES_MAX = 3;
const CALLS_PER_CONNECTION_MAX = 60;
const SHORT_DEADLINE_MS_MAX = 1_500;

const LAST_CODE_POINT = "\u{10FFFF}";

type ScanCall = Extract<Call, { readonly kind: "scan" }>;

const textEncoder = new TextEncoder();

/** A program that calls the store again and again, whatever comes to its mind, and writes down what was answered. */
export class ClientProgram {
  readonly #options: ClientProgramOptions;
  readonly #random: SeededRandom;
  /** Dice of its own: whether a read may fall back changes nothing until it does. */
  readonly #fallbackRandom: SeededRandom;
  readonly #sqlRandom: SeededRandom;
  #valueCount = 0;
  #lastSeen: Revision = 0;
  readonly #underWay = new Set<Pick<RecordedCall, "lane" | "call" | "startedUs">>();

  constructor(options: ClientProgramOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#fallbackRandom = options.random.child("fallback");
    this.#sqlRandom = options.random.child("sql");
  }

  async run(): Promise<void> {
    const { isStopping, client } = this.#options;
    while (!isStopping()) {
      const connected = await this.#connect();
      if (connected === undefined) {
        await client.sleep(this.#random.below(1_000));
        continue;
      }
      await this.#converse(connected, 1 + this.#random.below(CALLS_PER_CONNECTION_MAX));
      await connected.close();
    }
  }

  get name(): string {
    return this.#options.client.name;
  }

  get callsUnderWay(): number {
    return this.#underWay.size;
  }

  /** Calls that the client's death has left without an answer. */
  abandoned(): readonly RecordedCall[] {
    const { name } = this.#options.client;
    const outcome = { kind: "unknown", code: "client_died" } as const;
    const calls = [...this.#underWay].map((begun) => ({ client: name, ...begun, endedUs: Infinity, outcome }));
    this.#underWay.clear();
    return calls;
  }

  async #connect(): Promise<AspenClient | undefined> {
    try {
      const { client, endpoint } = this.#options;
      return await client.connect(endpoint === undefined ? {} : { endpoint });
    } catch (error) {
      if (error instanceof AspenError) return undefined;
      throw error;
    }
  }

  async #converse(connected: AspenClient, callCount: number): Promise<void> {
    const { client, thinkMsMax, isStopping } = this.#options;
    for (let count = 0; count < callCount && !isStopping(); count += 1) {
      await client.sleep(this.#random.below(thinkMsMax));
      if (isStopping()) return;
      const lanes = this.#random.below(4) === 0 ? 1 + this.#random.below(LANES_MAX) : 1;
      await Promise.all(Array.from({ length: lanes }, (_, lane) => this.#callOnce(connected, lane)));
    }
  }

  async #callOnce(connected: AspenClient, lane: number): Promise<void> {
    const { nowUs, onCall, client } = this.#options;
    const call = this.#think();
    const begun = { lane: `${client.name}.${lane}`, call, startedUs: nowUs() };
    this.#underWay.add(begun);
    const outcome = await this.#outcomeOf(connected, call);
    this.#underWay.delete(begun);
    if (!client.process.isAlive) return;
    onCall({ client: client.name, ...begun, endedUs: nowUs(), outcome });
  }

  async #outcomeOf(connected: AspenClient, call: Call): Promise<CallOutcome> {
    try {
      const answer = await ask(connected, call, this.#drawOptions());
      this.#lastSeen = answer.result.revision;
      return { kind: "answered", answer };
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      const isOpen = call.kind === "write" && error.details["outcome"] !== "not_applied";
      return { kind: isOpen ? "unknown" : "refused", code: error.code };
    }
  }

  #drawOptions(): CallOptions {
    const { patienceMsMax } = this.#options;
    if (patienceMsMax !== undefined) return { deadlineMs: 1 + this.#random.below(patienceMsMax) };
    const isImpatient = this.#random.below(10) === 0;
    return isImpatient ? { deadlineMs: 1 + this.#random.below(SHORT_DEADLINE_MS_MAX) } : {};
  }

  #think(): Call {
    const { keys } = this.#options;
    const random = this.#random;
    const consistency = random.pick(this.#options.consistencies);
    const kind = this.#drawKind();
    const read = this.#mayFallBack() ? ({ consistency, fallback: "local" } as const) : { consistency };
    if (kind < 2) return { kind: "get", key: keys.pickKey(random), ...read };
    if (kind === 2) return { kind: "getMulti", keys: this.#pickKeys(), ...read };
    if (kind === 3) {
      const prefix = groupPrefix(keys.pickGroup(random));
      const range = { kind: "prefix", prefix } as const;
      // Queries do not fall back.
      if (this.#sqlRandom.below(3) === 0) return { kind: "scan", range, isInSql: true, consistency };
      return { kind: "scan", range, isInSql: false, ...read };
    }
    return { kind: "write", command: this.#thinkOfWrite(kind) };
  }

  #mayFallBack(): boolean {
    return this.#fallbackRandom.below(4) === 0;
  }

  /** Below 4 are reads. */
  #drawKind(): number {
    switch (this.#options.diet) {
      case "reads":
        return this.#random.below(4);
      case "writes":
        return 4 + this.#random.below(WRITE_KINDS);
      default:
        return this.#random.below(4 + WRITE_KINDS);
    }
  }

  #thinkOfWrite(kind: number): WriteCommand {
    const { keys } = this.#options;
    const random = this.#random;
    const key = keys.pickKey(random);
    switch (kind) {
      case 4:
        return {
          kind: "setMulti",
          pairs: this.#pickKeys().map((member) => ({ key: member, value: this.#nextValue() })),
        };
      case 5:
        return { kind: "delete", key, returnPrevious: random.below(2) === 0 };
      case 6:
        return { kind: "deleteMulti", keys: this.#pickKeys() };
      case 7:
      case 8:
        return { kind: "compareAndSwap", key, value: this.#nextValue(), expected: this.#expectation() };
      case 9:
        return { kind: "compareAndDelete", key, expected: this.#expectation() };
      case 10:
        return { kind: "deleteRange", range: { kind: "prefix", prefix: groupPrefix(keys.pickGroup(random)) } };
      case 11:
      case 12:
        return this.#thinkOfTransaction(keys.keysOf(keys.pickGroup(random)));
      default:
        return { kind: "set", key, value: this.#nextValue(), returnPrevious: random.below(2) === 0 };
    }
  }

  /** Some keys are looked at, others changed: what must happen at one instant or not at all. */
  #thinkOfTransaction(group: readonly string[]): TransactionCommand {
    const random = this.#random;
    const branch = (): TransactionOperation[] => {
      const changed = random.shuffled(group).slice(0, random.below(PAIRS_MAX + 1));
      const operations = changed.map((key): TransactionOperation => {
        return random.below(3) === 0 ? { kind: "delete", key } : { kind: "set", key, value: this.#nextValue() };
      });
      const read = Array.from({ length: random.below(3) }, () => ({ kind: "get", key: random.pick(group) }) as const);
      return [...random.shuffled([...operations, ...read])];
    };
    const compares = random.shuffled(group).slice(0, random.below(3));
    return {
      kind: "transaction",
      compares: compares.map((key) => this.#thinkOfCompare(key)),
      success: branch(),
      failure: [{ kind: "get", key: random.pick(group) }, ...branch()],
    };
  }

  #thinkOfCompare(key: string): Compare {
    if (this.#lastSeen === 0 || this.#random.below(3) === 0) {
      return { target: "version", key, operator: "=", number: 0 };
    }
    return { target: "modRevision", key, operator: "=", number: this.#lastSeen };
  }

  #pickKeys(): readonly string[] {
    const { keys } = this.#options;
    const group = keys.keysOf(keys.pickGroup(this.#random));
    return this.#random.shuffled(group).slice(0, 1 + this.#random.below(PAIRS_MAX));
  }

  /** From what this client saw last: sometimes right, sometimes not. */
  #expectation(): Expected {
    if (this.#lastSeen === 0 || this.#random.below(3) === 0) return { kind: "absent" };
    return { kind: "modRevision", modRevision: this.#lastSeen };
  }

  /** Unlike every other of the run. */
  #nextValue(): Uint8Array {
    this.#valueCount += 1;
    return textEncoder.encode(`${this.#options.client.name}-${this.#valueCount}`);
  }
}

async function ask({ store, sql }: AspenClient, call: Call, options: CallOptions): Promise<Answer> {
  switch (call.kind) {
    case "write":
      return { kind: "write", result: await store.write(call.command, options) };
    case "get":
      return { kind: "get", result: await store.get(call, options) };
    case "getMulti":
      return { kind: "getMulti", result: await store.getMulti(call, options) };
    case "scan":
      return {
        kind: "scan",
        result: call.isInSql ? await queried(sql, call, options) : await store.scan(call, options),
      };
  }
}

/** What a scan would say. */
async function queried(sql: SqlStore, { range, consistency }: ScanCall, options: CallOptions): Promise<ScanResult> {
  const parameters = [range.prefix, `${range.prefix}${LAST_CODE_POINT}`];
  const { rows, ...label } = await sql.query({ sql: SCAN_IN_SQL, parameters, consistency }, options);
  const { appliedIndex, revision } = label;
  const entries = rows.map(entryOfRow);
  return { consistency: label.consistency, appliedIndex, revision, entries, count: entries.length, isTruncated: false };
}
