/** Something that must never happen has happened, or something that must happen has not. */
export interface Violation {
  /** The checker that noticed, or `uncaught`. */
  readonly checker: string;
  readonly message: string;
  /** Where in the code it was noticed. It names files of the machine, and so it is no part of the trace. */
  readonly stack?: string;
  readonly atUs: number;
}
