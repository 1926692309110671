/**
 * Bytes from outside that do not say what they should. A boundary error: whoever owns the wire turns it
 * into its own refusal. Never thrown for a bug of ours.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
