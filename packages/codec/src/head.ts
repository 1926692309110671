/** The first bytes of every cell: its major type in three bits, its argument in the rest (RFC 8949, section 3). */
export const MAJOR_SHIFT = 5;
export const MAJOR_INTEGER = 0;
export const MAJOR_NEGATIVE = 1;
export const MAJOR_BYTES = 2;
export const MAJOR_TEXT = 3;
export const MAJOR_LIST = 4;

export const FALSE = 0xf4;
export const TRUE = 0xf5;
export const NULL = 0xf6;

/** Arguments below it stand in the first byte; from it on the first byte says how many bytes follow. */
export const ONE_BYTE = 24;
export const TWO_BYTES = 25;
export const FOUR_BYTES = 26;
export const EIGHT_BYTES = 27;
export const ARGUMENT_BITS = 0x1f;

export const UINT8_RANGE = 0x100;
export const UINT16_RANGE = 0x1_0000;
export const UINT32_RANGE = 2 ** 32;

/** Bytes of an integer, or of the head of text, bytes or a list of this length. */
export function headLength(argument: number): number {
  if (argument < ONE_BYTE) return 1;
  if (argument < UINT8_RANGE) return 2;
  if (argument < UINT16_RANGE) return 3;
  return argument < UINT32_RANGE ? 5 : 9;
}
