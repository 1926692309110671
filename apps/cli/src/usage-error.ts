/** The command line, or what it points at, cannot be understood. Nothing was asked of a cluster. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
