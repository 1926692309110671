/** Ends a timer; harmless when the timer already fired. */
export type CancelTimer = () => void;

/** Time as a parameter. The system's twin lives in the apps; simulations bring their own. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin, with a fraction. Never goes back. */
  nowMs(): number;
  /** Milliseconds since 1970 by the wall clock. For people and expiry dates, never for ordering. */
  wallMs(): number;
  setTimer(delayMs: number, callback: () => void): CancelTimer;
  /** Runs the callback once, after what this turn of the event loop still brings. */
  defer(callback: () => void): void;
}
