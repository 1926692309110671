/**
 * A store whose values are of one type.
 *
 * V1  What is written can be read again: a value that the codec refuses is not sent.
 * V2  What is read is of the type, or the call fails and names the key. Nothing is left out silently.
 * V3  That a value could not be read says nothing about a write: after a write, the error's details say that it was
 *     applied.
 * V4  A watch ends at a revision with a value that cannot be read, and the error's details name the revision.
 */
import { AspenError, type ErrorDetails } from "../aspen-error.ts";
import { AssertionFailure } from "../assert.ts";
import type { CallOptions } from "../call-options.ts";
import type { ErrorCode } from "../error-code.ts";
import type { KeyValueEntry, Revision } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import type { LeaseBinding } from "../lease.ts";
import type { GetMultiRequest, GetMultiResult, GetRequest, GetResult, ScanRequest, ScanResult } from "../read.ts";
import type { KeyChange, WatchBatch, WatchRequest } from "../watch.ts";
import type {
  CompareAndDeleteCommand,
  CompareResult,
  DeleteCommand,
  DeleteResult,
  Expected,
  SetMultiResult,
  SetResult,
} from "../write-command.ts";
import type { Codec } from "./codec.ts";
import { scanAll, type ScanAllRequest } from "./scan-pages.ts";
import { viewOfWatch, type WatchView } from "./watch-view.ts";

type Typed<Holder, Name extends keyof Holder, Type> = Omit<Holder, Name> & Readonly<Record<Name, Type>>;

export type TypedEntry<Value> = Typed<KeyValueEntry, "value", Value>;

export interface TypedPair<Value> {
  readonly key: string;
  readonly value: Value;
}

export interface TypedPutRequest<Value> extends TypedPair<Value>, LeaseBinding {
  readonly returnPrevious?: boolean;
}

/** A value is compared by the bytes that the codec makes of it. */
export type TypedExpected<Value> =
  | Exclude<Expected, { readonly kind: "value" }>
  | { readonly kind: "value"; readonly value: Value };

/** Entries without values have none of the type: scan the store itself for keys alone. */
export type TypedScanRequest = Omit<ScanRequest, "keysOnly">;
export type TypedScanAllRequest = Omit<ScanAllRequest, "keysOnly">;

export type TypedGetResult<Value> = Typed<GetResult, "entry", TypedEntry<Value> | undefined>;
export type TypedGetMultiResult<Value> = Typed<GetMultiResult, "entries", readonly (TypedEntry<Value> | undefined)[]>;
export type TypedScanResult<Value> = Typed<ScanResult, "entries", readonly TypedEntry<Value>[]>;

export interface TypedPutResult<Value> extends Omit<SetResult, "previous"> {
  readonly previous?: TypedEntry<Value> | undefined;
}

export interface TypedDeleteResult<Value> extends Omit<DeleteResult, "previous"> {
  readonly previous?: readonly TypedEntry<Value>[] | undefined;
}

export type TypedCompareResult<Value> =
  | Extract<CompareResult, { readonly outcome: "ok" }>
  | Typed<Extract<CompareResult, { readonly outcome: "conflict" }>, "actual", TypedEntry<Value> | undefined>;

export type TypedKeyChange<Value> = (
  | { readonly kind: "put"; readonly entry: TypedEntry<Value> }
  | { readonly kind: "delete"; readonly key: string }
) & { readonly previous?: TypedEntry<Value> | undefined };

export type TypedWatchBatch<Value> = Typed<WatchBatch, "changes", readonly TypedKeyChange<Value>[]>;
export type TypedWatch<Value> = WatchView<TypedWatchBatch<Value>>;

/**
 * A value that cannot be read fails the call with `unsupported`: the store is well, and keeps a value that this program
 * does not understand. One that cannot be written fails with `invalid_request`.
 */
export interface TypedStore<Value> {
  /** With values as bytes: for transactions, leases and ranges. */
  readonly store: KeyValueStore;
  readonly codec: Codec<Value>;
  get(request: GetRequest, options?: CallOptions): Promise<TypedGetResult<Value>>;
  getMulti(request: GetMultiRequest, options?: CallOptions): Promise<TypedGetMultiResult<Value>>;
  scan(request: TypedScanRequest, options?: CallOptions): Promise<TypedScanResult<Value>>;
  scanAll(request: TypedScanAllRequest, options?: CallOptions): AsyncGenerator<TypedEntry<Value>, void, void>;
  put(request: TypedPutRequest<Value>, options?: CallOptions): Promise<TypedPutResult<Value>>;
  putMulti(pairs: readonly TypedPair<Value>[], options?: CallOptions): Promise<SetMultiResult>;
  delete(request: Omit<DeleteCommand, "kind">, options?: CallOptions): Promise<TypedDeleteResult<Value>>;
  compareAndSwap(
    request: TypedPair<Value> & { readonly expected: TypedExpected<Value> },
    options?: CallOptions,
  ): Promise<TypedCompareResult<Value>>;
  compareAndDelete(
    request: Typed<Omit<CompareAndDeleteCommand, "kind">, "expected", TypedExpected<Value>>,
    options?: CallOptions,
  ): Promise<TypedCompareResult<Value>>;
  watch(request: WatchRequest, options?: CallOptions): Promise<TypedWatch<Value>>;
}

/** Any store, namespaces included, by the type of its values. */
export function withCodec<Value>(store: KeyValueStore, codec: Codec<Value>): TypedStore<Value> {
  return new CodecStore(store, codec);
}

class CodecStore<Value> implements TypedStore<Value> {
  readonly store: KeyValueStore;
  readonly codec: Codec<Value>;

  constructor(store: KeyValueStore, codec: Codec<Value>) {
    this.store = store;
    this.codec = codec;
  }

  async get(request: GetRequest, options?: CallOptions): Promise<TypedGetResult<Value>> {
    const result = await this.store.get(request, options);
    return { ...result, entry: result.entry && this.#typed(result.entry) };
  }

  async getMulti(request: GetMultiRequest, options?: CallOptions): Promise<TypedGetMultiResult<Value>> {
    const result = await this.store.getMulti(request, options);
    return { ...result, entries: result.entries.map((entry) => entry && this.#typed(entry)) };
  }

  async scan(request: TypedScanRequest, options?: CallOptions): Promise<TypedScanResult<Value>> {
    assertHasValues(request);
    const result = await this.store.scan(request, options);
    return { ...result, entries: result.entries.map((entry) => this.#typed(entry)) };
  }

  async *scanAll(request: TypedScanAllRequest, options?: CallOptions): AsyncGenerator<TypedEntry<Value>, void, void> {
    assertHasValues(request);
    for await (const entry of scanAll(this.store, request, options)) yield this.#typed(entry);
  }

  async put(request: TypedPutRequest<Value>, options?: CallOptions): Promise<TypedPutResult<Value>> {
    const command = { ...request, kind: "set", value: this.#bytes(request) } as const;
    const { previous, ...result } = await this.store.write(command, options);
    return previous === undefined ? result : { ...result, previous: this.#typed(previous, applied(result)) };
  }

  async putMulti(pairs: readonly TypedPair<Value>[], options?: CallOptions): Promise<SetMultiResult> {
    const encoded = pairs.map((pair) => ({ key: pair.key, value: this.#bytes(pair) }));
    return this.store.write({ kind: "setMulti", pairs: encoded }, options);
  }

  async delete(request: Omit<DeleteCommand, "kind">, options?: CallOptions): Promise<TypedDeleteResult<Value>> {
    const { previous, ...result } = await this.store.write({ ...request, kind: "delete" }, options);
    if (previous === undefined) return result;
    return { ...result, previous: previous.map((entry) => this.#typed(entry, applied(result))) };
  }

  async compareAndSwap(
    request: TypedPair<Value> & { readonly expected: TypedExpected<Value> },
    options?: CallOptions,
  ): Promise<TypedCompareResult<Value>> {
    const { key } = request;
    const expected = this.#expected(key, request.expected);
    const command = { kind: "compareAndSwap", key, value: this.#bytes(request), expected } as const;
    return this.#compared(await this.store.write(command, options));
  }

  async compareAndDelete(
    { key, expected }: Typed<Omit<CompareAndDeleteCommand, "kind">, "expected", TypedExpected<Value>>,
    options?: CallOptions,
  ): Promise<TypedCompareResult<Value>> {
    const command = { kind: "compareAndDelete", key, expected: this.#expected(key, expected) } as const;
    return this.#compared(await this.store.write(command, options));
  }

  async watch(request: WatchRequest, options?: CallOptions): Promise<TypedWatch<Value>> {
    const watch = await this.store.watch(request, options);
    return viewOfWatch(watch, ({ revision, changes }) => ({
      revision,
      changes: changes.map((change) => this.#typedChange(change, { revision })),
    }));
  }

  #typedChange(change: KeyChange, details: ErrorDetails): TypedKeyChange<Value> {
    const before = change.previous === undefined ? {} : { previous: this.#typed(change.previous, details) };
    return change.kind === "put"
      ? { kind: "put", entry: this.#typed(change.entry, details), ...before }
      : { kind: "delete", key: change.key, ...before };
  }

  #compared(result: CompareResult): TypedCompareResult<Value> {
    if (result.outcome === "ok") return result;
    return { ...result, actual: result.actual && this.#typed(result.actual, { outcome: "not_applied" }) };
  }

  #expected(key: string, expected: TypedExpected<Value>): Expected {
    if (expected.kind !== "value") return expected;
    return { kind: "value", value: this.#bytes({ key, value: expected.value }) };
  }

  #bytes({ key, value }: TypedPair<Value>): Uint8Array {
    try {
      return this.codec.encode(value);
    } catch (error) {
      throw codecError(error, "invalid_request", "the value cannot be written", { key });
    }
  }

  #typed(entry: KeyValueEntry, details: ErrorDetails = {}): TypedEntry<Value> {
    try {
      return { ...entry, value: this.codec.decode(entry.value) };
    } catch (error) {
      throw codecError(error, "unsupported", "the value cannot be read", { key: entry.key, ...details });
    }
  }
}

function applied({ revision }: { readonly revision: Revision }): ErrorDetails {
  return { outcome: "applied", revision };
}

/** The type says so already; without values the codec would read nothing where there is something. */
function assertHasValues(request: ScanRequest | ScanAllRequest): void {
  if (request.keysOnly !== true) return;
  throw new AspenError("invalid_request", "entries without values have no type; scan the store itself for keys alone");
}

function codecError(error: unknown, code: ErrorCode, what: string, details: ErrorDetails): AspenError {
  if (error instanceof AssertionFailure) throw error;
  if (!(error instanceof AspenError)) return new AspenError(code, what, { details, cause: error });
  const { message, retryable } = error;
  return new AspenError(error.code, message, { details: { ...error.details, ...details }, retryable, cause: error });
}
