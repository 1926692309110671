import type { Logger } from "@aspenjs/api";
import { pino, type Logger as Pino } from "pino";
import type { LogLevelName } from "./node-options.ts";

/** Structured lines to standard error: standard output is for answers. */
export function createPinoLogger(level: LogLevelName): Logger {
  return adapt(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2)));
}

function adapt(inner: Pino): Logger {
  return {
    log: (level, message, fields) => inner[level](fields ?? {}, message),
    child: (fields) => adapt(inner.child(fields)),
  };
}
