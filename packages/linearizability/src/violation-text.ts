import type { Model } from "./model.ts";
import type { Operation } from "./operation.ts";
import { outputOf } from "./part-history.ts";
import type { Violation } from "./verdict.ts";

/**
 * A violation for people, one operation a line: who called, from when to when, what it said; then how far an order can
 * get and why nothing can follow.
 */
export function violationText<State, Input, Output>(
  model: Model<State, Input, Output>,
  violation: Violation<Input, Output>,
): string {
  const { conflict, others, deadEnd } = violation;
  const about = violation.partNames.filter((name) => name !== "").join(", ");
  const lines = (operations: readonly Operation<Input, Output>[]): string[] => operationLines(model, operations);
  return [
    `Not linearizable as a ${model.name}${about === "" ? "" : ` (${about})`}, from ${violation.startsAt} to ${violation.endsAt}.`,
    `${claimText(conflict.length)}${othersText(others.length)}:`,
    ...lines(conflict),
    deadEnd.order.length === 0 ? "No order can even begin." : "An order can get as far as this:",
    ...lines(deadEnd.order),
    `Then the state is: ${deadEnd.stateText}`,
    "None of these can come next, and one would have to:",
    ...lines(deadEnd.stuck),
    "",
  ].join("\n");
}

function claimText(count: number): string {
  return count === 1 ? "This answer cannot be true" : `These ${count} answers cannot all be true`;
}

function othersText(count: number): string {
  if (count === 0) return "";
  return `, whatever ${count} other operation${count === 1 ? "" : "s"} did and answered`;
}

/** Aligned, in the order given. */
function operationLines<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): string[] {
  const rows = operations.map((operation) => [`process ${operation.processId}`, intervalText(operation)] as const);
  const processWidth = rows.reduce((width, [process]) => Math.max(width, process.length), 0);
  const intervalWidth = rows.reduce((width, [, interval]) => Math.max(width, interval.length), 0);
  return rows.map(([process, interval], index) => {
    const operation = operations[index];
    const text = operation === undefined ? "" : oneLine(model.operationText(operation.input, outputOf(operation)));
    return `  ${process.padEnd(processWidth)}  ${interval.padEnd(intervalWidth)}  ${text}`;
  });
}

export function intervalText({ invokedAt, outcome }: Operation<unknown, unknown>): string {
  return outcome.kind === "returned" ? `[${invokedAt}, ${outcome.returnedAt}]` : `[${invokedAt}, no answer`;
}

/** What a program wrote cannot break the layout, or a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}
