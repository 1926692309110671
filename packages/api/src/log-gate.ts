import { AspenError } from "./aspen-error.ts";
import { utf8ByteLength } from "./key.ts";
import { limits } from "./limits.ts";
import type { LogSubscriptionRequest } from "./log-subscription.ts";
import { assertProgressEvery } from "./watch-gate.ts";

/** @throws AspenError `invalid_request` */
export function assertLogSubscription({ fromIndex, keyPrefixes, progressEveryMs }: LogSubscriptionRequest): void {
  if (fromIndex !== undefined && !(Number.isSafeInteger(fromIndex) && fromIndex >= 1)) {
    throw new AspenError("invalid_request", "a log begins with an index from 1 on", { details: { fromIndex } });
  }
  if (keyPrefixes !== undefined) assertKeyPrefixes(keyPrefixes);
  assertProgressEvery(progressEveryMs);
}

function assertKeyPrefixes(keyPrefixes: readonly string[]): void {
  const { logKeyPrefixesMax: max, keyBytesMax } = limits;
  if (keyPrefixes.length > max) {
    throw new AspenError("invalid_request", `a log is filtered by at most ${max} prefixes`, {
      details: { count: keyPrefixes.length, max },
    });
  }
  for (const prefix of keyPrefixes) {
    if (!prefix.isWellFormed()) {
      throw new AspenError("invalid_request", "a prefix must not hold an unpaired surrogate");
    }
    const size = utf8ByteLength(prefix);
    if (size <= keyBytesMax) continue;
    throw new AspenError("invalid_request", `a prefix has at most ${keyBytesMax} bytes`, {
      details: { size, max: keyBytesMax },
    });
  }
}
