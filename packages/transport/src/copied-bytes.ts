/** A copy that owns its memory. Not `slice`: that of a `Buffer`, which is what libp2p and files hand out, copies nothing. */
export function copiedBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
