/** Something that must never happen has happened, or something that must happen has not. */
export interface Violation {
  /** The checker that noticed, or `uncaught`. */
  readonly checker: string;
  readonly message: string;
  readonly atUs: number;
}
