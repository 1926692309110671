/**
 * What no input may do:
 * - `crash`: the decoder throws what is not its refusal, or cannot write again what it accepted
 * - `form`: two inputs for one value, or a value that does not come back, or another broken promise of the target
 * - `hang`: takes more CPU time than any input may
 * - `allocation`: allocates more than its frame allows
 * - `prototype`: changes a built-in object
 */
export type FindingKind = "crash" | "form" | "hang" | "allocation" | "prototype";

export interface Finding {
  readonly kind: FindingKind;
  readonly message: string;
  readonly input: Uint8Array;
  /** Where in our own sources an error comes from. */
  readonly place?: string | undefined;
}

/**
 * Whether one is the other, made smaller: numbers and quoted text in a message come from the input. Errors of one text
 * from two places are two failures.
 */
export function isSameFailure(left: Finding, right: Finding): boolean {
  return left.kind === right.kind && shapeOf(left) === shapeOf(right) && left.place === right.place;
}

function shapeOf({ message }: Finding): string {
  return message
    .replaceAll(/\d+/g, "0")
    .replaceAll(/"[^"]*"/g, '""')
    .slice(0, 40);
}
