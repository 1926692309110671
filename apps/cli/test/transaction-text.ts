import type { Compare, KeyRange, TransactionCommand, TransactionOperation } from "@aspenjs/api";

/** The transaction as text that the program reads, every value as escaped bytes. */
export function transactionText({ compares, success, failure }: TransactionCommand): string {
  const parts = [compares.map(compareText), success.map(operationText), failure.map(operationText)];
  return parts.map((lines) => lines.map((line) => `${line}\n`).join("")).join("\n");
}

function compareText(compare: Compare): string {
  const { target, key, operator } = compare;
  const operand = compare.target === "value" ? bytesText(compare.value) : String(compare.number);
  return `${target}(${keyText(key)}) ${operator} ${operand}`;
}

function operationText(operation: TransactionOperation): string {
  switch (operation.kind) {
    case "get":
      return `get -- ${keyText(operation.key)}`;
    case "delete":
      return `del${previousText(operation)} -- ${keyText(operation.key)}`;
    case "deleteRange":
      return `del${previousText(operation)}${rangeText(operation.range)}`;
    case "scan":
      return `get${scanText(operation)}${rangeText(operation.range)}`;
    case "set": {
      const lease = operation.leaseId === undefined ? "" : ` --lease=${operation.leaseId}`;
      const ttl = operation.ttlMs === undefined ? "" : ` --ttl=${operation.ttlMs}ms`;
      return `put${lease}${ttl}${previousText(operation)} -- ${keyText(operation.key)} ${bytesText(operation.value)}`;
    }
    default:
      throw new Error("there is no such operation");
  }
}

function scanText({ limit, reverse, keysOnly }: TransactionOperation & { readonly kind: "scan" }): string {
  const limitText = limit === undefined ? "" : limit === 0 ? " --count-only" : ` --limit=${limit}`;
  return `${limitText}${reverse === true ? " --reverse" : ""}${keysOnly === true ? " --keys-only" : ""}`;
}

function rangeText(range: KeyRange): string {
  if (range.kind === "prefix") return ` --prefix -- ${keyText(range.prefix)}`;
  return ` -- ${keyText(range.start)} ${keyText(range.end)}`;
}

function previousText({ returnPrevious }: { readonly returnPrevious?: boolean }): string {
  return returnPrevious === true ? " --prev-kv" : "";
}

function keyText(key: string): string {
  return bytesText(Buffer.from(key));
}

function bytesText(bytes: Uint8Array): string {
  return `"${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
}
