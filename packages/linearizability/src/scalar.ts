/** What the models of this package keep: plain values that are equal when they look equal. */
export type Scalar = string | number | boolean | null;

/** As keys of a `Map` are: NaN equals itself, and there is one zero. */
export function isSameScalar(left: Scalar | undefined, right: Scalar | undefined): boolean {
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}

export function scalarText(value: Scalar | undefined): string {
  if (value === undefined) return "absent";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
