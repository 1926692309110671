import type { ChangePage, Revision, RevisionChanges, TransportStream } from "@aspenjs/api";
import { SILENT_LOGGER } from "@aspenjs/api";
import { decodeWatchTell, encodeWatchAsk, FrameAssembly, joinFrames, protocolLimits } from "@aspenjs/protocol";
import { createSystemClock } from "@aspenjs/transport/libp2p";
import { describe, expect, test } from "vitest";
import { WatchHub, type ChangeSource } from "./watch-hub.ts";
import { WatchSession } from "./watch-session.ts";

const QUEUE_BYTES_MAX = 10_000;
const VALUE_BYTES = 1_000;
const WRITES = 100;
const KEPT = 5;

/** A history of puts, of which the oldest may go. */
class Puts implements ChangeSource {
  readonly all: RevisionChanges[] = [];
  firstRevision: Revision = 1;

  get revision(): Revision {
    return this.all.length;
  }

  append(): void {
    const revision = this.all.length + 1;
    const about = { createRevision: 1, modRevision: revision, version: revision };
    const entry = { key: "key", value: new Uint8Array(VALUE_BYTES), ...about };
    this.all.push({ revision, changes: [{ kind: "put", entry }] });
  }

  changesFrom(revision: Revision): ChangePage {
    if (revision < this.firstRevision) return { kind: "compacted", firstRevision: this.firstRevision };
    return { kind: "changes", revisions: this.all.slice(revision - 1) };
  }
}

/** A client that asks for one watch and reads nothing until it is let. */
class SlowReader implements TransportStream {
  readonly peerId = "slow";
  readonly header = new Uint8Array();
  readonly #assembly = new FrameAssembly(protocolLimits.watchTellBytesMax);
  readonly #left = Promise.withResolvers<void>();
  readonly #mayRead = Promise.withResolvers<void>();
  readonly told: ReturnType<typeof decodeWatchTell>[] = [];
  end = async (): Promise<void> => {};

  async write(chunk: Uint8Array): Promise<void> {
    await this.#mayRead.promise;
    for (const frame of this.#assembly.push(chunk)) this.told.push(decodeWatchTell(frame));
  }

  abort(error: Error): void {
    throw error;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const filter = { kind: "prefix", prefix: "" } as const;
    yield joinFrames([encodeWatchAsk({ kind: "open", watchId: 1, filter, fromRevision: 1, withPrevious: false })]);
    await this.#left.promise;
  }

  read(): void {
    this.#mayRead.resolve();
  }

  leave(): void {
    this.#left.resolve();
  }
}

function revisionsOf({ told }: SlowReader): readonly Revision[] {
  return told.flatMap((tell) => (tell.kind === "changes" ? [tell.revision] : []));
}

async function readSlowly(prune: (source: Puts) => void, isOver: (reader: SlowReader) => boolean): Promise<SlowReader> {
  const source = new Puts();
  const hub = new WatchHub(source);
  const stream = new SlowReader();
  const session = new WatchSession({
    stream,
    hub,
    clock: createSystemClock(),
    logger: SILENT_LOGGER,
    authorize: () => {},
    freshRevision: async () => source.revision,
    hasLeader: () => true,
    queueBytesMax: QUEUE_BYTES_MAX,
    places: { taken: 0 },
  });
  const running = session.run();
  await expect.poll(() => hub.told).toBe(0);
  for (let write = 0; write < WRITES; write += 1) {
    source.append();
    hub.noteApplied();
    await new Promise((resolve) => setImmediate(resolve));
  }
  prune(source);
  stream.read();
  await expect.poll(() => isOver(stream)).toBe(true);
  stream.leave();
  await running;
  return stream;
}

describe("a client that does not read", () => {
  test("has no more waiting for it than its queue holds: the rest it reads from the history, or it has lagged", async () => {
    const reader = await readSlowly(
      (source) => (source.firstRevision = WRITES - KEPT + 1),
      ({ told }) => told.some(({ kind }) => kind === "ended"),
    );
    expect(reader.told.at(-1)).toMatchObject({ kind: "ended", code: "lagged" });
    const revisions = revisionsOf(reader);
    expect(revisions).toEqual(revisions.map((_, position) => position + 1));
    expect(revisions.length).toBeGreaterThan(1);
    expect(revisions.length * VALUE_BYTES).toBeLessThanOrEqual(QUEUE_BYTES_MAX + VALUE_BYTES);
  });

  test("misses nothing that is still kept", async () => {
    const reader = await readSlowly(
      () => {},
      (slow) => revisionsOf(slow).length >= WRITES,
    );
    expect(revisionsOf(reader)).toEqual(Array.from({ length: WRITES }, (_, position) => position + 1));
  });
});
