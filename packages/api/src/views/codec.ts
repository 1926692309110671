/**
 * How values of one type are kept as bytes. Both directions answer at once; both throw when they cannot: an
 * `AspenError` goes on as it is, with the key in its details, and anything else becomes the cause of one.
 */
export interface Codec<Value> {
  /** Equal values should come to equal bytes: comparisons of the store are of bytes. */
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}
