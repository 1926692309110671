import {
  assert,
  assertKeyRange,
  limits,
  type KeyRange,
  type LeaseBinding,
  type TransactionOperation,
} from "@aspenjs/api";
import { parseCount } from "../global-options.ts";
import { parseLeaseId, parseTimeToLive } from "../lease-text.ts";
import { checked, checkedKey } from "./checked-word.ts";
import { shortText, wordText, type LineScanner, type Word } from "./line-scanner.ts";

/** What may stand in a line behind the name of the operation. */
interface Form {
  /** For messages. */
  readonly positionals: readonly string[];
  readonly positionalsMin: number;
  readonly flags: readonly string[];
  /** Those of the flags that come with a value. */
  readonly valueFlags: readonly string[];
  build(line: OperationLine): TransactionOperation;
}

/** A line in its parts, each of which knows where it stands. */
interface OperationLine {
  readonly scanner: LineScanner;
  readonly positionals: readonly Word[];
  /** With their values, which are empty for those that have none. */
  readonly flags: ReadonlyMap<string, Word>;
}

const PREVIOUS_FLAGS = ["--prev-kv", "--prev"];
/** What only a range can be asked. */
const RANGE_FLAGS = ["--limit", "--keys-only", "--count-only", "--reverse"];
const DASH = 0x2d;
const EQUALS_SIGN = 0x3d;
const NO_BYTES = new Uint8Array();

const FORMS: ReadonlyMap<string, Form> = new Map([
  [
    "put",
    {
      positionals: ["a key", "a value"],
      positionalsMin: 2,
      flags: ["--lease", "--ttl", ...PREVIOUS_FLAGS],
      valueFlags: ["--lease", "--ttl"],
      build: putOperation,
    },
  ],
  [
    "get",
    {
      positionals: ["a key", "the end of a range"],
      positionalsMin: 1,
      flags: ["--prefix", ...RANGE_FLAGS],
      valueFlags: ["--limit"],
      build: getOperation,
    },
  ],
  [
    "del",
    {
      positionals: ["a key", "the end of a range"],
      positionalsMin: 1,
      flags: ["--prefix", ...PREVIOUS_FLAGS],
      valueFlags: [],
      build: deleteOperation,
    },
  ],
]);

/** `put KEY VALUE`, `get KEY`, `del KEY` and their flags. @throws UsageError */
export function parseOperation(scanner: LineScanner): TransactionOperation {
  const at = scanner.position();
  const name = scanner.word();
  const form = FORMS.get(shortText(name?.bytes ?? NO_BYTES));
  if (form === undefined) throw scanner.unexpected(at, "put, get or del");
  return form.build(parseParts(scanner, form));
}

/** Ends at the first part too many, so that a line of any length makes few of them. */
function parseParts(scanner: LineScanner, form: Form): OperationLine {
  const positionals: Word[] = [];
  const flags = new Map<string, Word>();
  let isBehindFlags = false;
  for (let word = scanner.word(); word !== undefined; word = scanner.word()) {
    if (isBehindFlags || !isFlag(word)) {
      if (positionals.length === form.positionals.length) throw scanner.unexpected(word.at, "the end of the line");
      positionals.push(word);
    } else if (word.bytes.byteLength === 2 && word.bytes[1] === DASH) {
      isBehindFlags = true;
    } else {
      parseFlag(scanner, form, word, flags);
    }
  }
  if (positionals.length < form.positionalsMin) {
    throw scanner.unexpected(scanner.position(), form.positionals[positionals.length] ?? "");
  }
  return { scanner, positionals, flags };
}

function isFlag({ bytes }: Word): boolean {
  return bytes[0] === DASH && bytes.byteLength > 1;
}

function parseFlag(scanner: LineScanner, form: Form, { at, bytes }: Word, flags: Map<string, Word>): void {
  const equals = bytes.indexOf(EQUALS_SIGN);
  const name = shortText(equals === -1 ? bytes : bytes.subarray(0, equals));
  if (!form.flags.includes(name)) {
    throw scanner.unexpected(at, `one of the flags ${form.flags.join(", ")}, or -- before what begins with a dash`);
  }
  if (flags.has(name)) throw scanner.error(at, `${name} is there twice`);
  const takesValue = form.valueFlags.includes(name);
  if (!takesValue && equals !== -1) throw scanner.error(at, `${name} takes no value`);
  const given = equals === -1 ? NO_BYTES : bytes.subarray(equals + 1);
  const value = takesValue && equals === -1 ? scanner.word() : { at, bytes: given };
  if (value === undefined) throw scanner.unexpected(scanner.position(), `a value for ${name}`);
  flags.set(name, value);
}

function putOperation({ scanner, positionals, flags }: OperationLine): TransactionOperation {
  const [key, value] = positionals;
  assert(key !== undefined && value !== undefined, "a put has a key and a value");
  return {
    kind: "set",
    key: checkedKey(scanner, key),
    value: value.bytes,
    ...leaseBinding(scanner, flags),
    ...previousWish(flags),
  };
}

function leaseBinding(scanner: LineScanner, flags: ReadonlyMap<string, Word>): LeaseBinding {
  const [lease, ttl] = [flags.get("--lease"), flags.get("--ttl")];
  if (lease !== undefined && ttl !== undefined) {
    const at = Math.max(lease.at, ttl.at);
    throw scanner.error(at, "a key has a lease or a time to live of its own: give --lease or --ttl, but not both");
  }
  if (lease !== undefined) {
    return { leaseId: checked(scanner, lease.at, () => parseLeaseId(shortText(lease.bytes))) };
  }
  if (ttl === undefined) return {};
  return { ttlMs: checked(scanner, ttl.at, () => parseTimeToLive(shortText(ttl.bytes))) };
}

function getOperation(line: OperationLine): TransactionOperation {
  const { scanner, flags } = line;
  const range = keyRange(line);
  if (range === undefined) {
    const surplus = RANGE_FLAGS.find((name) => flags.has(name));
    const at = flags.get(surplus ?? "")?.at;
    if (at !== undefined) throw scanner.error(at, `${surplus} goes with --prefix or with the end of a range`);
    return { kind: "get", key: onlyKey(line) };
  }
  const limit = flags.get("--limit");
  const countOnly = flags.get("--count-only");
  if (limit !== undefined && countOnly !== undefined) {
    throw scanner.error(Math.max(limit.at, countOnly.at), "give --limit or --count-only, but not both");
  }
  return {
    kind: "scan",
    range,
    ...(limit === undefined ? {} : { limit: scanLimit(scanner, limit) }),
    ...(countOnly === undefined ? {} : { limit: 0 }),
    ...(flags.has("--reverse") ? { reverse: true } : {}),
    ...(flags.has("--keys-only") ? { keysOnly: true } : {}),
  };
}

function scanLimit(scanner: LineScanner, { at, bytes }: Word): number {
  return checked(scanner, at, () => parseCount(shortText(bytes), 1, limits.scanLimitMax));
}

function deleteOperation(line: OperationLine): TransactionOperation {
  const range = keyRange(line);
  const wish = previousWish(line.flags);
  if (range !== undefined) return { kind: "deleteRange", range, ...wish };
  return { kind: "delete", key: onlyKey(line), ...wish };
}

function onlyKey({ scanner, positionals: [key] }: OperationLine): string {
  assert(key !== undefined, "there is a key");
  return checkedKey(scanner, key);
}

/** `undefined` when it is one key that is meant. */
function keyRange({ scanner, positionals, flags }: OperationLine): KeyRange | undefined {
  const [first, end] = positionals;
  assert(first !== undefined, "there is a key");
  const isPrefix = flags.has("--prefix");
  if (end !== undefined && isPrefix) {
    throw scanner.error(end.at, "give --prefix or the end of a range, but not both");
  }
  if (end === undefined && !isPrefix) return undefined;
  const start = wordText(scanner, first);
  const range: KeyRange =
    end === undefined ? { kind: "prefix", prefix: start } : { kind: "range", start, end: wordText(scanner, end) };
  checked(scanner, first.at, () => assertKeyRange(range));
  return range;
}

function previousWish(flags: ReadonlyMap<string, Word>): { readonly returnPrevious?: true } {
  return PREVIOUS_FLAGS.some((name) => flags.has(name)) ? { returnPrevious: true } : {};
}
