import { isRetryable, type ErrorCode } from "./error-code.ts";

/** What an error says besides its text: plain values that travel with it, such as `{ size: 2048, max: 1024 }`. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

export interface AspenErrorOptions {
  readonly details?: ErrorDetails;
  /** Overrides what the code alone would say. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("@aspenjs/api/AspenError");

/**
 * The one error of every boundary call. `code` is stable; `message` is for people, and safe for strangers.
 * `instanceof` holds across duplicate installs of this package.
 */
export class AspenError extends Error {
  override readonly name = "AspenError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: AspenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? isRetryable(code);
    this.details = options.details ?? {};
  }

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  static isCode(error: unknown, code: ErrorCode): error is AspenError {
    return error instanceof AspenError && error.code === code;
  }
}
