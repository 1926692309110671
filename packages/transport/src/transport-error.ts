import { AspenError, type Logger } from "@aspenjs/api";

export function connectionLost(cause?: unknown): AspenError {
  return new AspenError("unavailable", "the connection was lost", { cause });
}

export function notConnected(): AspenError {
  return new AspenError("unavailable", "not connected");
}

export function deadlinePassed(): AspenError {
  return new AspenError("timeout", "the deadline passed");
}

/** The caller's own reason when it is one of ours. There is no code for a change of mind: `timeout` comes nearest. */
export function callerGaveUp(signal: AbortSignal): AspenError {
  if (signal.reason instanceof AspenError) return signal.reason;
  return new AspenError("timeout", "the caller gave up", { cause: signal.reason, retryable: false });
}

export function streamEnded(): AspenError {
  return new AspenError("unavailable", "this side of the stream has ended", { retryable: false });
}

/** To the sender of what nobody will read. */
export function readerLeft(): AspenError {
  return new AspenError("unavailable", "the reader left before the end", { retryable: false });
}

export function queueFull(what: string, max: number): AspenError {
  return new AspenError("resource_exhausted", `too many ${what}`, { details: { max } });
}

export function tooLarge(what: string, size: number, max: number): AspenError {
  return new AspenError("invalid_request", `${what} is too large`, { details: { size, max }, retryable: false });
}

/** To a peer that may not: the code alone, and nothing to learn from. */
export function forbidden(): AspenError {
  return new AspenError("forbidden", "forbidden");
}

/** To a peer to whom the gate grants less than the transport would. It may come back with what the gate asks for. */
export function notVouchedFor(): AspenError {
  return new AspenError("unauthorized", "too many bytes for a peer that nobody has vouched for");
}

/** What a handler threw, as it may travel. What is not ours stays here, in the log. */
export function errorOfHandler(error: unknown, logger: Logger, protocol: string): AspenError {
  if (error instanceof AspenError) return error;
  logger.log("error", "a handler failed", { protocol, error });
  return new AspenError("internal", "internal error");
}
