import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Show the output as it comes, besides collecting it. */
  readonly isEchoed?: boolean;
}

export interface CommandOutcome {
  /** `undefined` when a signal ended the command, as it does at the time limit. */
  readonly exitCode: number | undefined;
  readonly hasTimedOut: boolean;
  /** Standard output and standard error, in the order in which they came. */
  readonly output: string;
}

/** More than all tests together take on a busy machine. */
const TIMEOUT_MS_DEFAULT = 42 * 60_000;

/** Runs a program without a shell. Never rejects for what the program does, only when it cannot be started. */
export async function runCommand(
  command: string,
  commandArguments: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandOutcome>();
  const child = spawn(command, [...commandArguments], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let hasTimedOut = false;
  const collect = (chunk: string): void => {
    output += chunk;
    if (options.isEchoed === true) process.stdout.write(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const timer = setTimeout(() => {
    hasTimedOut = true;
    child.kill("SIGKILL");
  }, options.timeoutMs ?? TIMEOUT_MS_DEFAULT);
  child.once("error", reject);
  child.once("close", (exitCode) => {
    resolve({ exitCode: exitCode ?? undefined, hasTimedOut, output });
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Like `runCommand`, for a program whose failure leaves nothing to go on with. */
export async function requireCommand(
  command: string,
  commandArguments: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const outcome = await runCommand(command, commandArguments, options);
  if (outcome.exitCode === 0) return outcome.output;
  const ending = outcome.hasTimedOut ? "ran out of time" : `ended with ${outcome.exitCode ?? "a signal"}`;
  throw new Error(`${command} ${commandArguments.join(" ")} ${ending}\n${outcome.output}`);
}
