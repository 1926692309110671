import type { AspenClient } from "@aspenjs/client";

/** A stream that people or programs read. */
export interface OutputStream {
  readonly isTty: boolean;
  readonly hasColor: boolean;
  /** Width of the terminal; a guess when there is none. */
  readonly columns: number;
  /** Resolves when there is room for more. */
  write(chunk: string | Uint8Array): Promise<void>;
}

export interface InputStream {
  readonly isTty: boolean;
  chunks(): AsyncIterable<Uint8Array>;
}

export type PromptLine =
  | { readonly kind: "line"; readonly text: string }
  /** Ctrl-C: what was typed is given up. */
  | { readonly kind: "interrupted" }
  /** Ctrl-D. */
  | { readonly kind: "ended" };

/** A terminal at which somebody types line after line, with a history. */
export interface Prompt {
  read(prefix: string): Promise<PromptLine>;
  /** Ctrl-C while no line is read. @returns stops listening */
  onInterrupt(listener: () => void): () => void;
  close(): void;
}

export interface Terminal {
  readonly input: InputStream;
  /** For results. */
  readonly output: OutputStream;
  /** For errors, progress and hints. */
  readonly errors: OutputStream;
}

export interface ConnectOptions {
  readonly ticket: string;
  /** Talk to this one address only. */
  readonly endpoint: string | undefined;
  readonly deadlineMs: number;
}

/** The machine that the program runs on, as far as commands touch it. Tests bring their own. */
export interface Host {
  readonly terminal: Terminal;
  /** The environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  connect(options: ConnectOptions): Promise<AspenClient>;
  /**
   * Until it is called back, Ctrl-C and requests to terminate go to the listener instead of ending the process.
   * @returns stops listening
   */
  onInterrupt(listener: () => void): () => void;
  /** Only when the input is a terminal. */
  openPrompt(): Prompt;
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Resolves after this time, or as soon as the signal is aborted. */
  wait(durationMs: number, signal: AbortSignal): Promise<void>;
  /** Ends the process without waiting for anything. */
  exitNow(): void;
}
