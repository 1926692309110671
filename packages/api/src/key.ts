import { AspenError } from "./aspen-error.ts";
import { limits } from "./limits.ts";

/** Keys that start so belong to the system: refused to users, never shown by scans. */
export const SYSTEM_KEY_PREFIX = "\u0000";

/** Byte length of the UTF-8 form, without allocating it. Text must be well formed. */
export function utf8ByteLength(text: string): number {
  let byteLength = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) byteLength += 1;
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      // A pair is two units and four bytes.
      byteLength += 2;
      index += 1;
    } else byteLength += 2;
  }
  return byteLength;
}

/**
 * Refuses what can never be a user's key.
 * @throws AspenError `invalid_request` (empty, unpaired surrogate, system key) or `key_too_large`
 */
export function assertUserKey(key: string): void {
  if (key.length === 0) throw new AspenError("invalid_request", "a key must not be empty");
  if (!key.isWellFormed()) throw new AspenError("invalid_request", "a key must not hold an unpaired surrogate");
  if (key.startsWith(SYSTEM_KEY_PREFIX)) {
    throw new AspenError("invalid_request", "keys that start with U+0000 belong to the system");
  }
  const size = utf8ByteLength(key);
  if (size > limits.keyBytesMax) {
    throw new AspenError("key_too_large", `key of ${size} bytes exceeds ${limits.keyBytesMax}`, {
      details: { size, max: limits.keyBytesMax },
    });
  }
}

/**
 * Orders keys by their UTF-8 bytes, which is the order of code points. JavaScript's own order is by UTF-16 units and
 * differs: surrogates (U+10000 and above) sort below U+E000..U+FFFF there.
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit !== rightUnit) return codePointRank(leftUnit) - codePointRank(rightUnit);
  }
  return left.length - right.length;
}

/** Lifts surrogates above every other unit, which is where their code points lie. */
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  if (unit >= 0xd800) return unit + 0x2000;
  return unit;
}
