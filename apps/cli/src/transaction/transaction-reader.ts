/**
 * A transaction as etcdctl reads it: lines of compares, an empty line, operations for when all of them hold, an empty
 * line, operations for when they do not. The end of the text or one more empty line ends it.
 *
 * T1  What is accepted is a command that the store's own gate accepts.
 * T2  What is refused names the line, and the column where one is to blame.
 * T3  Behind the end there is nothing but empty lines: an empty line too many must not drop operations.
 * T4  Memory is bounded, whatever the text.
 */
import {
  changesKeyTwice,
  limits as apiLimits,
  type Compare,
  type TransactionCommand,
  type TransactionOperation,
} from "@aspenjs/api";
import { limits } from "../limits.ts";
import { UsageError } from "../usage-error.ts";
import { parseCompare } from "./compare-line.ts";
import { isBlankLine, LineScanner } from "./line-scanner.ts";
import { parseOperation } from "./operation-line.ts";

const TRANSACTION_SECTIONS = ["compares", "success", "failure"] as const;
export type TransactionSection = (typeof TRANSACTION_SECTIONS)[number];

interface NumberedOperation {
  readonly line: number;
  readonly operation: TransactionOperation;
}

export class TransactionReader {
  readonly #compares: Compare[] = [];
  readonly #branches = { success: [] as NumberedOperation[], failure: [] as NumberedOperation[] };
  #sectionsRead = 0;
  #lines = 0;
  #bytes = 0;

  /** What the next line belongs to; `undefined` behind the end. */
  get section(): TransactionSection | undefined {
    return TRANSACTION_SECTIONS[this.#sectionsRead];
  }

  /** A line without its line feed. @throws UsageError */
  line(line: Uint8Array): void {
    this.#lines += 1;
    this.#bytes += line.byteLength + 1;
    if (this.#bytes > limits.transactionTextBytesMax) throw overlongTransaction();
    if (this.#lines > limits.transactionLinesMax) {
      throw new UsageError(`a transaction has at most ${limits.transactionLinesMax} lines`);
    }
    const { section } = this;
    if (isBlankLine(line)) {
      this.#sectionsRead += 1;
      return;
    }
    if (section === undefined) {
      throw new UsageError(`line ${this.#lines}: expected nothing more: an empty line ended the failure operations`);
    }
    this.#assertRoom();
    const scanner = new LineScanner(line, this.#lines);
    if (section === "compares") this.#compares.push(parseCompare(scanner));
    else this.#branches[section].push({ line: this.#lines, operation: parseOperation(scanner) });
  }

  /** Nothing comes any more. @throws UsageError */
  finish(): TransactionCommand {
    const { success, failure } = this.#branches;
    for (const branch of [success, failure]) assertChangesOnce(branch);
    if (this.#items === 0) throw new UsageError("the transaction is empty: it needs at least one compare or operation");
    return {
      kind: "transaction",
      compares: this.#compares,
      success: operationsOf(success),
      failure: operationsOf(failure),
    };
  }

  get #items(): number {
    return this.#compares.length + this.#branches.success.length + this.#branches.failure.length;
  }

  #assertRoom(): void {
    const max = apiLimits.transactionItemsMax;
    if (this.#items < max) return;
    throw new UsageError(`line ${this.#lines}: a transaction has at most ${max} compares and operations`);
  }
}

/** @throws UsageError */
export function overlongTransaction(): UsageError {
  return new UsageError(`the text of a transaction has at most ${limits.transactionTextBytesMax} bytes`);
}

/** Finds the line by halves: looking at every pair of operations would take its time with many long keys. */
function assertChangesOnce(branch: readonly NumberedOperation[]): void {
  const operations = operationsOf(branch);
  if (!changesKeyTwice(operations)) return;
  let [low, high] = [0, branch.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (changesKeyTwice(operations.slice(0, middle + 1))) high = middle;
    else low = middle + 1;
  }
  throw new UsageError(
    `line ${branch[low]?.line}: expected each key to be changed once in a branch, found a key that an operation ` +
      "before this one changes",
  );
}

function operationsOf(branch: readonly NumberedOperation[]): readonly TransactionOperation[] {
  return branch.map(({ operation }) => operation);
}
