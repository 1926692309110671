const BATCH = 64;

/**
 * Takes one step per turn of Node's event loop until a step says that it was the last: between two steps every chain of
 * settled promises runs out. The one place where a simulation touches the real event loop. A whole batch of turns is
 * asked for at once, because Node runs those without looking for input in between.
 */
export function inTurns(step: () => "more" | "last"): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const turn = (): void => {
      if (isOver) return;
      try {
        if (step() === "more") return;
        isOver = true;
        resolve();
      } catch (error) {
        isOver = true;
        reject(error);
      }
    };
    const askForBatch = (): void => {
      if (isOver) return;
      for (let index = 0; index < BATCH; index += 1) setImmediate(turn);
      setImmediate(askForBatch);
    };
    askForBatch();
  });
}
