/** Negative, zero or positive, as the left bytes come before the right ones, are the same, or come after them. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.byteLength, right.byteLength);
  for (let position = 0; position < length; position += 1) {
    const difference = (left[position] ?? 0) - (right[position] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.byteLength - right.byteLength;
}
