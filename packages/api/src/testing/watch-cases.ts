import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { AspenError } from "../aspen-error.ts";
import { limits } from "../limits.ts";
import type { KeyChange, Watch, WatchBatch, WatchFilter } from "../watch.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { refusal } from "./refusal.ts";

const textDecoder = new TextDecoder();
const QUIET_MS = 300;

export const watchCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a watch tells what is written after it began, a revision in a batch, in order",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch");
      await setAll(subject, [`${prefix}before`]);
      await using watch = await store.watch({ filter: { kind: "prefix", prefix } });
      const first = await store.write({ kind: "set", key: `${prefix}a`, value: bytes("1") });
      const second = await store.write({ kind: "set", key: `${prefix}a`, value: bytes("2") });
      await store.write({ kind: "delete", key: `${prefix}missing` });
      const third = await store.write({ kind: "delete", key: `${prefix}a` });
      const batches = await take(watch, 3);
      deepEqual(
        batches.map(({ revision, changes }) => [revision, ...changes.map((change) => described(change, prefix))]),
        [
          [first.revision, "a = 1"],
          [second.revision, "a = 2"],
          [third.revision, "a is gone"],
        ],
      );
      equal(watch.fromRevision, first.revision);
      const [put] = batches[1]?.changes ?? [];
      ok(put?.kind === "put");
      deepEqual(
        [put.entry.version, put.entry.modRevision, put.entry.createRevision],
        [2, second.revision, first.revision],
      );
    },
  },
  {
    name: "a batch is a whole revision: every watched key once, in key order, with its last value",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-whole");
      const [high, low] = ["\u{1F332}", "\uFFFD"];
      await setAll(subject, [`${prefix}d1`, `${prefix}d2`]);
      await using watch = await store.watch({ filter: { kind: "prefix", prefix } });
      const set = (name: string, text: string) => ({ kind: "set", key: prefix + name, value: bytes(text) }) as const;
      await store.write({
        kind: "transaction",
        compares: [],
        success: [
          set(high, "1"),
          set(low, "2"),
          set("a", "3"),
          { kind: "deleteRange", range: { kind: "prefix", prefix: `${prefix}d` } },
        ],
        failure: [],
      });
      await setAll(subject, [`${prefix}z`]);
      const [batch, next] = await take(watch, 2);
      deepEqual(
        batch?.changes.map((change) => described(change, prefix)),
        ["a = 3", "d1 is gone", "d2 is gone", `${low} = 2`, `${high} = 1`],
      );
      equal(next?.changes.length, 1);
    },
  },
  {
    name: "a watch hears of its keys alone: of one key, of a prefix, of a range",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-filter");
      const filters: readonly (readonly [WatchFilter, readonly string[]])[] = [
        [{ kind: "key", key: `${prefix}b` }, ["b"]],
        [{ kind: "prefix", prefix: `${prefix}b` }, ["b", "ba"]],
        [{ kind: "range", start: `${prefix}b`, end: `${prefix}c` }, ["b", "ba"]],
        [{ kind: "range", start: `${prefix}ba`, end: `${prefix}d` }, ["ba", "c"]],
        [{ kind: "range", start: `${prefix}d`, end: `${prefix}b` }, []],
        [{ kind: "prefix", prefix }, ["a", "b", "ba", "c", "d"]],
      ];
      const watches = await Promise.all(filters.map(([filter]) => store.watch({ filter })));
      for (const name of ["a", "b", "ba", "c", "d"]) await setAll(subject, [prefix + name]);
      for (const [position, [, names]] of filters.entries()) {
        const watch = watches[position];
        ok(watch !== undefined);
        const batches = await take(watch, names.length);
        deepEqual(
          batches.flatMap(({ changes }) => changes.map((change) => keyOf(change).slice(prefix.length))),
          names,
        );
        await watch.close();
      }
    },
  },
  {
    name: "a watch from an earlier revision tells the history, then goes on",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-history");
      const revisions: number[] = [];
      for (let round = 0; round < 20; round += 1) {
        revisions.push((await store.write({ kind: "set", key: `${prefix}k`, value: bytes(`${round}`) })).revision);
      }
      const filter = { kind: "key", key: `${prefix}k` } as const;
      const writes = (async () => {
        for (let round = 20; round < 40; round += 1) {
          revisions.push((await store.write({ kind: "set", key: `${prefix}k`, value: bytes(`${round}`) })).revision);
        }
      })();
      await using watch = await store.watch({ filter, fromRevision: revisions[5] ?? 0 });
      const batches = await take(watch, 35);
      await writes;
      deepEqual(
        batches.map(({ revision }) => revision),
        revisions.slice(5),
      );
    },
  },
  {
    name: "a watch from a revision to come begins with it",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-future");
      const { revision } = await store.get({ key: prefix });
      await using watch = await store.watch({ filter: { kind: "prefix", prefix }, fromRevision: revision + 3 });
      for (const name of ["a", "b", "c", "d"]) await setAll(subject, [prefix + name]);
      deepEqual(
        (await take(watch, 2)).map((batch) => batch.revision),
        [revision + 3, revision + 4],
      );
    },
  },
  {
    name: "what a key held before comes with a change when it is asked for, and not otherwise",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-previous");
      const key = `${prefix}k`;
      const filter = { kind: "key", key } as const;
      await using plain = await store.watch({ filter });
      await using full = await store.watch({ filter, withPrevious: true });
      await store.write({ kind: "set", key, value: bytes("one") });
      await store.write({ kind: "set", key, value: bytes("two") });
      await store.write({ kind: "delete", key });
      const seen = (await take(full, 3)).flatMap(({ changes }) => changes.map(({ previous }) => previous));
      deepEqual(
        seen.map((previous) => previous && `${textDecoder.decode(previous.value)} ${previous.version}`),
        [undefined, "one 1", "two 2"],
      );
      const bare = (await take(plain, 3)).flatMap(({ changes }) => changes);
      ok(bare.every((change) => change.previous === undefined));
    },
  },
  {
    name: "the end of a lease is told as the deletion of its keys",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-lease");
      const { leaseId } = await store.write({ kind: "leaseGrant", ttlMs: limits.leaseTtlMsMax });
      for (const name of ["b", "a"]) await store.write({ kind: "set", key: prefix + name, value: bytes(""), leaseId });
      await using watch = await store.watch({ filter: { kind: "prefix", prefix } });
      await store.write({ kind: "leaseRevoke", leaseId });
      const [batch] = await take(watch, 1);
      deepEqual(
        batch?.changes.map((change) => described(change, prefix)),
        ["a is gone", "b is gone"],
      );
    },
  },
  {
    name: "large values arrive whole, and a reader who comes late misses nothing",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-large");
      await using watch = await store.watch({ filter: { kind: "prefix", prefix }, withPrevious: true });
      const values = Array.from({ length: 8 }, (_, round) => new Uint8Array(limits.valueBytesMax).fill(round));
      for (const value of values) await store.write({ kind: "set", key: `${prefix}k`, value });
      await setAll(subject, [`${prefix}last`]);
      const batches = await take(watch, 9);
      const changes = batches.flatMap((batch) => batch.changes);
      for (const [position, value] of values.entries()) {
        const change = changes[position];
        ok(change?.kind === "put" && change.entry.version === position + 1);
        ok(Buffer.compare(change.entry.value, value) === 0, "the value is the one that was written");
      }
      equal(keyOf(changes[8] ?? { kind: "delete", key: "" }), `${prefix}last`);
    },
  },
  {
    name: "a watch that is closed ends, for its reader as well",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-close");
      const watch = await store.watch({ filter: { kind: "prefix", prefix } });
      const reader = watch[Symbol.asyncIterator]();
      const waiting = reader.next();
      await watch.close();
      deepEqual(await waiting, { done: true, value: undefined });
      deepEqual(await reader.next(), { done: true, value: undefined });
      await watch.close();
      await using second = await store.watch({ filter: { kind: "prefix", prefix } });
      await setAll(subject, [`${prefix}a`]);
      for await (const batch of second) {
        equal(batch.changes.length, 1);
        break;
      }
      await setAll(subject, [`${prefix}b`]);
      deepEqual(await second[Symbol.asyncIterator]().next(), { done: true, value: undefined });
    },
  },
  {
    name: "a watch ends when its signal says so, and not before",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-signal");
      const controller = new AbortController();
      const filter = { kind: "prefix", prefix } as const;
      const watch = await store.watch({ filter }, { signal: controller.signal });
      await setAll(subject, [`${prefix}a`]);
      equal((await take(watch, 1)).length, 1);
      const waiting = watch[Symbol.asyncIterator]().next();
      controller.abort(new Error("enough"));
      await rejects(waiting, (error) => AspenError.isCode(error, "timeout"));
      await refusal(store.watch({ filter }, { signal: controller.signal }), "timeout");
    },
  },
  {
    name: "progress is told while nothing happens, with a revision behind which nothing was missed",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "watch-progress");
      const { revision } = await store.write({ kind: "set", key: `${prefix}other`, value: bytes("") });
      await using watch = await store.watch({
        filter: { kind: "key", key: `${prefix}k` },
        progressEveryMs: limits.watchProgressMsMin,
      });
      const next = watch[Symbol.asyncIterator]().next();
      await subject.pass(QUIET_MS);
      const { value } = await next;
      deepEqual(value?.changes, []);
      ok((value?.revision ?? 0) >= revision, "what was there before the watch is behind it");
    },
  },
  {
    name: "a watch of nothing that there could be is refused",
    async run({ store }) {
      await refusal(store.watch({ filter: { kind: "key", key: "" } }), "invalid_request");
      await refusal(store.watch({ filter: { kind: "key", key: "\u0000system" } }), "invalid_request");
      await refusal(store.watch({ filter: { kind: "prefix", prefix: "\uD800" } }), "invalid_request");
      const filter = { kind: "prefix", prefix: "" } as const;
      for (const fromRevision of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
        await refusal(store.watch({ filter, fromRevision }), "invalid_request");
      }
      for (const progressEveryMs of [0, -1, limits.watchProgressMsMin - 1, limits.watchProgressMsMax + 1]) {
        await refusal(store.watch({ filter, progressEveryMs }), "invalid_request");
      }
    },
  },
];

/** The next so many batches; the watch goes on. */
async function take(watch: Watch, count: number): Promise<WatchBatch[]> {
  const reader = watch[Symbol.asyncIterator]();
  const batches: WatchBatch[] = [];
  while (batches.length < count) {
    const { done, value } = await reader.next();
    if (done === true) break;
    batches.push(value);
  }
  return batches;
}

function described(change: KeyChange, prefix: string): string {
  const name = keyOf(change).slice(prefix.length);
  return change.kind === "put" ? `${name} = ${textDecoder.decode(change.entry.value)}` : `${name} is gone`;
}

function keyOf(change: KeyChange): string {
  return change.kind === "put" ? change.entry.key : change.key;
}
