import { AspenError } from "../aspen-error.ts";
import { utf8ByteLength } from "../key.ts";
import { limits } from "../limits.ts";

/** Ends every name, so that `a` does not include `ab`; between names it makes paths of them. */
export const NAME_SEPARATOR = "/";

/**
 * What all keys of the namespace start with: for `vault/a` it is `vault/a/`. As a key prefix of a client ticket it makes
 * the namespace the only place where the ticket's bearer can read and write.
 * @throws AspenError `invalid_request` for what is no name: empty in whole or in part, with U+0000 or an unpaired
 * surrogate, or so long that no key would fit behind it
 */
export function namespacePrefix(name: string): string {
  if (name.split(NAME_SEPARATOR).some((part) => part === "")) {
    throw invalid(`the name of a namespace is not empty, and neither is any part of it between "${NAME_SEPARATOR}"`);
  }
  if (name.includes("\u0000")) throw invalid("the name of a namespace must not hold U+0000");
  if (!name.isWellFormed()) throw invalid("the name of a namespace must not hold an unpaired surrogate");
  const prefix = `${name}${NAME_SEPARATOR}`;
  assertRoomBehind(prefix);
  return prefix;
}

/** @throws AspenError `invalid_request` */
export function assertRoomBehind(prefix: string): void {
  const size = utf8ByteLength(prefix);
  if (size < limits.keyBytesMax) return;
  throw new AspenError("invalid_request", `a namespace of ${size} bytes leaves no room for a key`, {
    details: { size, max: limits.keyBytesMax - 1 },
  });
}

function invalid(message: string): AspenError {
  return new AspenError("invalid_request", message);
}
