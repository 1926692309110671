import type { CallOptions } from "../call-options.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { SYSTEM_KEY_PREFIX } from "../key.ts";
import { limits } from "../limits.ts";
import type { KeyRange, ReadOptions } from "../read.ts";
import { createNamespace } from "./key-namespace.ts";
import { NAME_SEPARATOR } from "./namespace-name.ts";

/** The character behind the separator: no key of a namespace comes after its name with this. */
const BEHIND_SEPARATOR = String.fromCodePoint((NAME_SEPARATOR.codePointAt(0) ?? 0) + 1);
const FIRST = "\u0001";
const BEHIND_ALL_KEYS = "\u{10FFFF}".repeat(Math.floor(limits.keyBytesMax / 4) + 1);

export interface ListNamespacesRequest extends ReadOptions {
  /** Name of the namespace whose own namespaces are listed. Default: those of the store. */
  readonly within?: string;
  /** Say how many keys each one has, at the price of a count each. */
  readonly counts?: boolean;
}

export interface NamespaceSummary {
  /** One part of a path, without what it was listed within. */
  readonly name: string;
  /** With those of the namespaces inside it. Only when asked for. */
  readonly keyCount?: number;
}

/**
 * The names of the namespaces right below the store or one of its namespaces, in the order of their keys: `a!` comes
 * before `a`, as `a!/` does before `a/`. Costs a read of one key for each, however many keys it has; keys that are in
 * none cost more reads, of up to 1,000 keys each.
 * Every read is of its own moment. The deadline is that of each; the signal ends the whole.
 */
export async function* listNamespaces(
  store: KeyValueStore,
  request: ListNamespacesRequest = {},
  options: CallOptions = {},
): AsyncGenerator<NamespaceSummary, void, void> {
  const { within, counts = false, ...read } = request;
  const place = within === undefined ? store : createNamespace(store, within);
  let start: string | undefined = FIRST;
  let limit = 1;
  while (start !== undefined) {
    const range: KeyRange = { kind: "range", start, end: BEHIND_ALL_KEYS };
    const { entries, isTruncated } = await place.scan({ ...read, range, limit, keysOnly: true }, options);
    const keys = entries.map((entry) => entry.key);
    const found = keys.find((key) => namespaceOf(key) !== undefined);
    const name = found === undefined ? undefined : namespaceOf(found);
    if (name === undefined) {
      start = isTruncated ? `${keys.at(-1) ?? ""}\u0000` : undefined;
      // Where there is one key without a namespace, there may be many.
      limit = Math.min(limits.scanLimitDefault, limit * 4);
      continue;
    }
    if (counts) {
      const everything = { kind: "prefix", prefix: "" } as const;
      const { count } = await createNamespace(place, name).scan({ ...read, range: everything, limit: 0 }, options);
      yield { name, keyCount: count };
    } else yield { name };
    start = name + BEHIND_SEPARATOR;
    limit = 1;
  }
}

/** The first part of the key's path; nothing for a key that is in no namespace. */
function namespaceOf(key: string): string | undefined {
  const end = key.indexOf(NAME_SEPARATOR);
  if (end <= 0 || key.slice(0, end).includes(SYSTEM_KEY_PREFIX)) return undefined;
  const rest = key.slice(end + 1);
  return rest === "" || rest.startsWith(SYSTEM_KEY_PREFIX) ? undefined : key.slice(0, end);
}
