/** A history that cannot have been recorded: a bug of the recorder, not of what it recorded. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
}
