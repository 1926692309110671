/** How to take back what the present command has done so far: a command that is refused half-way changes nothing. */
export class UndoLog {
  #steps: (() => void)[] = [];

  record(step: () => void): void {
    this.#steps.push(step);
  }

  /** Runs the change; when it throws, everything recorded meanwhile is taken back, the last first. */
  attempt<Result>(change: () => Result): Result {
    this.#steps = [];
    try {
      return change();
    } catch (error) {
      for (const step of this.#steps.toReversed()) step();
      throw error;
    } finally {
      this.#steps = [];
    }
  }
}
