export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured and silent by default: a library says what happened, its program decides where that goes. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

export const SILENT_LOGGER: Logger = {
  log: () => {},
  child: () => SILENT_LOGGER,
};
