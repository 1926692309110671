/**
 * A client as a stranger would write it: on libp2p, from the two SPEC.md files alone. It shares no line with ours, so
 * that whatever the specifications leave out shows here.
 */
import type { Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { decodeItem, encodeItem, type Item } from "./cbor.ts";

const SESSION_PROTOCOL = "/aspen/session/1";
const CLIENT_PROTOCOL = "/aspen/client/1";
const VERSION = 1;
const DEADLINE_MS = 10_000;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const TICKET_KIND = "aspenclient";
const KIND = {
  hello: 1,
  accept: 2,
  goodbye: 3,
  ping: 4,
  pong: 5,
  name: 6,
  request: 9,
  response: 11,
  responsePart: 12,
  part: 11,
  error: 13,
};

/** The refusal of a node, by its code. */
export class Refusal extends Error {
  readonly code: Item;
  readonly details: ReadonlyMap<Item, Item>;

  constructor([code = "", , message = "", details = []]: readonly Item[]) {
    super(`${String(code)}: ${String(message)}`);
    this.code = code;
    const triples = Array.isArray(details) ? (details as readonly Item[]) : [];
    const values = triples.flatMap((name, at) => (at % 3 === 0 ? [[name, triples[at + 2] ?? null] as const] : []));
    this.details = new Map(values);
  }
}

export class ForeignClient {
  readonly #node: Libp2p;
  readonly #stream: Stream;
  #received: Uint8Array = new Uint8Array();
  readonly #open = Promise.withResolvers<void>();
  readonly #answers = new Map<number, PromiseWithResolvers<readonly Item[]>>();
  readonly #parts: (readonly [id: number, part: Uint8Array])[] = [];
  #farewell: Error | undefined;
  readonly #isDecider: boolean;
  #requestCount = 0;

  private constructor(node: Libp2p, stream: Stream, isDecider: boolean) {
    this.#node = node;
    this.#stream = stream;
    this.#isDecider = isDecider;
    stream.addEventListener("message", (event) => this.#receive(event.data.subarray()));
  }

  static async connect(address: string): Promise<ForeignClient> {
    const node = await createLibp2p({
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
    });
    const connection = await node.dial(multiaddr(address));
    const stream = await connection.newStream(SESSION_PROTOCOL);
    const client = new ForeignClient(node, stream, node.peerId.toString() < connection.remotePeer.toString());
    client.#send(KIND.hello, VERSION, encodeItem([crypto.getRandomValues(new Uint8Array(8))]));
    await client.#open.promise;
    client.#send(KIND.name, 0, new TextEncoder().encode(CLIENT_PROTOCOL));
    return client;
  }

  /** The fields of the answer, behind its version and kind. @throws Refusal */
  async ask(kind: number, ...fields: readonly Item[]): Promise<readonly Item[]> {
    this.#requestCount += 1;
    const answer = Promise.withResolvers<readonly Item[]>();
    if (this.#farewell !== undefined) throw this.#farewell;
    this.#answers.set(this.#requestCount, answer);
    const row = encodeItem([VERSION, kind, DEADLINE_MS, ...fields]);
    this.#send(KIND.request, this.#requestCount, varint(0), varint(DEADLINE_MS), row);
    const [version, answered, ...rest] = await answer.promise;
    if (version !== VERSION || answered !== kind) throw new Error("an answer to another question");
    return rest;
  }

  async close(): Promise<void> {
    await this.#node.stop();
  }

  #send(kind: number, id: number, ...body: readonly Uint8Array[]): void {
    const behindLength = Buffer.concat([Uint8Array.of(kind), varint(id), ...body]);
    this.#stream.send(Buffer.concat([varint(behindLength.byteLength), behindLength]));
  }

  #receive(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const [length, start] = readVarint(this.#received, 0);
      if (start === 0 || this.#received.byteLength < start + length) return;
      const frame = this.#received.subarray(start, start + length);
      this.#received = this.#received.subarray(start + length);
      const [id, bodyStart] = readVarint(frame, 1);
      this.#take(frame[0] ?? 0, id, frame.subarray(bodyStart));
    }
  }

  #end(reason: Error): void {
    this.#farewell = reason;
    this.#open.reject(reason);
    for (const answer of this.#answers.values()) answer.reject(reason);
  }

  #take(kind: number, id: number, body: Uint8Array): void {
    switch (kind) {
      case KIND.hello:
        if (!this.#isDecider) return;
        this.#send(KIND.accept, 0);
        this.#open.resolve();
        return;
      case KIND.goodbye:
        this.#end(new Refusal(decodeItem(body) as readonly Item[]));
        return;
      case KIND.accept:
        this.#open.resolve();
        return;
      case KIND.ping:
        this.#send(KIND.pong, id);
        return;
      case KIND.responsePart:
        this.#parts.push([id, body]);
        return;
      case KIND.response: {
        const parts = this.#parts.filter(([of]) => of === id).map(([, part]) => part);
        this.#answers.get(id)?.resolve(decodeItem(Buffer.concat([...parts, body])) as readonly Item[]);
        return;
      }
      case KIND.error:
        this.#answers.get(id)?.reject(new Refusal(decodeItem(body) as readonly Item[]));
        return;
      default:
        this.#end(new Error(`not expected: frame of kind ${kind}`));
    }
  }
}

/** What a node is greeted with: the row in the text of a ticket. */
export function ticketRow(text: string): Uint8Array {
  const bits = Array.from(text.slice(TICKET_KIND.length), (character) =>
    BASE32.indexOf(character).toString(2).padStart(5, "0"),
  ).join("");
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

/** The value, and where it ends; 0 when the bytes end before it. */
function readVarint(bytes: Uint8Array, offset: number): readonly [value: number, end: number] {
  let value = 0;
  for (let at = offset; at < bytes.byteLength; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * 128 ** (at - offset);
    if (byte < 128) return [value, at + 1];
  }
  return [0, 0];
}
