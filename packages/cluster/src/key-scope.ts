import { AspenError, type KeyRange, type WriteCommand } from "@aspenjs/api";
import type { ClientRequest } from "@aspenjs/protocol";

/** Keys outside of a ticket's prefixes do not exist for its bearer. No prefixes: every key does. */
export function assertInScope(keyPrefixes: readonly string[], request: ClientRequest): void {
  if (keyPrefixes.length === 0) return;
  const isKeyAllowed = (key: string) => keyPrefixes.some((prefix) => key.startsWith(prefix));
  switch (request.kind) {
    case "get":
      if (!isKeyAllowed(request.key)) throw outOfScope();
      return;
    case "scan":
      if (!keyPrefixes.some((prefix) => isRangeWithin(request.range, prefix))) throw outOfScope();
      return;
    case "write":
      if (!keysOf(request.command).every(isKeyAllowed)) throw outOfScope();
      return;
    default:
      return;
  }
}

function keysOf(command: WriteCommand): readonly string[] {
  switch (command.kind) {
    case "setMulti":
      return command.pairs.map((pair) => pair.key);
    case "deleteMulti":
      return command.keys;
    default:
      return [command.key];
  }
}

/** A range is within a prefix when both its ends are: every key between two keys with one prefix has it too. */
function isRangeWithin(range: KeyRange, prefix: string): boolean {
  if (range.kind === "prefix") return range.prefix.startsWith(prefix);
  return range.start.startsWith(prefix) && range.end.startsWith(prefix);
}

function outOfScope(): AspenError {
  return new AspenError("forbidden", "the ticket does not reach these keys");
}
