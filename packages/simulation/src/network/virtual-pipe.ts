import type { CancelTimer } from "@aspenjs/api";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

export type PipeItem =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** Bytes that were changed on the way. */
  | { readonly kind: "broken" }
  | { readonly kind: "end" };

interface TravellingItem {
  readonly item: PipeItem;
  readonly dueUs: number;
}

interface PlannedArrival {
  readonly cancel: CancelTimer;
}

export interface PipeRoute {
  /** What a write of this length meets: when it arrives at the earliest, and whether it arrives changed. */
  pass(byteLength: number): { readonly delayUs: number; readonly sendingUs: number; readonly isCorrupted: boolean };
  isStalled(): boolean;
}

/** Like the buffers of a socket: a writer that is further ahead is told to wait. */
const BYTES_UNDER_WAY_MAX = 256 * 1_024;

/** One direction of a connection: what goes in comes out later, in order, unless the network stands still. */
export class VirtualPipe {
  readonly #time: VirtualTime;
  readonly #route: PipeRoute;
  readonly #writer: SimulatedProcess;
  readonly #reader: SimulatedProcess;
  readonly #items: TravellingItem[] = [];
  #deliver: ((item: PipeItem) => void) | undefined;
  #onWritable: () => void = () => {};
  #underWayBytes = 0;
  #isWriterWaiting = false;
  #arrival: PlannedArrival | undefined;
  #isClosed = false;
  #hasUnread = false;
  #onUnread: () => void = () => {};
  #lastDueUs = 0;

  constructor(time: VirtualTime, route: PipeRoute, writer: SimulatedProcess, reader: SimulatedProcess) {
    this.#time = time;
    this.#route = route;
    this.#writer = writer;
    this.#reader = reader;
  }

  receive(deliver: (item: PipeItem) => void): void {
    this.#deliver = deliver;
    this.planArrival();
  }

  onWritable(listener: () => void): void {
    this.#onWritable = listener;
  }

  /** Whether something was written that nobody read, because nobody reads any more. */
  get hasUnread(): boolean {
    return this.#hasUnread;
  }

  onUnread(listener: () => void): void {
    this.#onUnread = listener;
  }

  /** @returns whether the writer may go on at once */
  write(bytes: Uint8Array): boolean {
    if (this.#isClosed) {
      this.#hasUnread = true;
      this.#onUnread();
      return false;
    }
    const passage = this.#route.pass(bytes.byteLength);
    this.#underWayBytes += bytes.byteLength;
    this.#lastDueUs = Math.max(this.#lastDueUs, this.#time.nowUs + passage.delayUs) + passage.sendingUs;
    const item: PipeItem = passage.isCorrupted ? { kind: "broken" } : { kind: "bytes", bytes };
    this.#items.push({ item, dueUs: this.#lastDueUs });
    this.planArrival();
    this.#isWriterWaiting = this.#underWayBytes >= BYTES_UNDER_WAY_MAX;
    return !this.#isWriterWaiting;
  }

  /** Nothing more is written: the reader learns so behind everything that was. */
  end(): void {
    if (this.#isClosed) return;
    const { delayUs } = this.#route.pass(0);
    this.#lastDueUs = Math.max(this.#lastDueUs, this.#time.nowUs + delayUs);
    this.#items.push({ item: { kind: "end" }, dueUs: this.#lastDueUs });
    this.planArrival();
  }

  /** As a reset: what is under way is lost, and the end comes at once. */
  cut(): void {
    this.#items.length = 0;
    this.#lastDueUs = 0;
    this.#arrival?.cancel();
    this.#arrival = undefined;
    this.end();
  }

  /** Nobody reads any more. */
  close(): void {
    this.#isClosed = true;
    this.#hasUnread = this.#items.length > 0;
    this.#items.length = 0;
  }

  /** Also when the network moves again. */
  planArrival(): void {
    const head = this.#items[0];
    if (head === undefined || this.#arrival !== undefined || this.#isClosed || this.#deliver === undefined) return;
    if (this.#route.isStalled()) return;
    const delayUs = Math.max(0, head.dueUs - this.#time.nowUs);
    const arrival: PlannedArrival = {
      cancel: this.#time.after(delayUs, () => this.#reader.run(() => this.#arrive(arrival))),
    };
    this.#arrival = arrival;
  }

  /** A reader that stands still takes what was planned for it later: a reset may have come in between. */
  #arrive(arrival: PlannedArrival): void {
    if (this.#arrival !== arrival) return;
    this.#arrival = undefined;
    const head = this.#items[0];
    if (head === undefined || this.#isClosed || this.#route.isStalled()) return;
    this.#items.shift();
    if (head.item.kind === "bytes") this.#noteArrived(head.item.bytes.byteLength);
    this.planArrival();
    this.#deliver?.(head.item);
  }

  #noteArrived(byteLength: number): void {
    this.#underWayBytes -= byteLength;
    if (!this.#isWriterWaiting || this.#underWayBytes >= BYTES_UNDER_WAY_MAX) return;
    this.#isWriterWaiting = false;
    this.#time.after(0, () => this.#writer.run(this.#onWritable));
  }
}
