/** One thing that is to happen. */
export interface PlannedEvent {
  readonly dueUs: number;
  /** Decides between events of one instant: of those with one rank, the first that was planned. */
  readonly rank: number;
  readonly sequence: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** A binary heap. Cancelled events stay until their turn: most are timers that would have fired soon anyway. */
export class EventQueue {
  readonly #heap: PlannedEvent[] = [];

  add(event: PlannedEvent): void {
    const heap = this.#heap;
    let position = heap.push(event) - 1;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = heap[parent] as PlannedEvent;
      if (isBefore(above, event)) break;
      heap[position] = above;
      position = parent;
    }
    heap[position] = event;
  }

  /** The next event that still stands. */
  peek(): PlannedEvent | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || !first.isCancelled) return first;
      this.take();
    }
  }

  take(): PlannedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || last === first) return first;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let smaller = left;
      if (right !== undefined && isBefore(right, left)) {
        smaller = right;
        child += 1;
      }
      if (isBefore(last, smaller)) break;
      heap[position] = smaller;
      position = child;
    }
    heap[position] = last;
    return first;
  }
}

function isBefore(left: PlannedEvent, right: PlannedEvent): boolean {
  if (left.dueUs !== right.dueUs) return left.dueUs < right.dueUs;
  return left.rank === right.rank ? left.sequence < right.sequence : left.rank < right.rank;
}
