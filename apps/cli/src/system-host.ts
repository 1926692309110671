/** The process that the program really runs in. */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { AspenClient } from "@aspenjs/client";
import { EXIT_CODES } from "./exit-code.ts";
import { openSystemPrompt } from "./system-prompt.ts";
import type { ConnectOptions, Host, OutputStream } from "./host.ts";

const COLUMNS_DEFAULT = 80;
const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export function createSystemHost(): Host {
  return {
    terminal: {
      input: { isTty: process.stdin.isTTY, chunks: () => process.stdin },
      output: systemOutput(process.stdout),
      errors: systemOutput(process.stderr),
    },
    variables: process.env,
    workingDirectory: process.cwd(),
    connect,
    onInterrupt: (listener) => {
      for (const signal of INTERRUPTS) process.on(signal, listener);
      return () => {
        for (const signal of INTERRUPTS) process.off(signal, listener);
      };
    },
    openPrompt: openSystemPrompt,
    nowMs: () => performance.now(),
    wait,
    exitNow: () => process.exit(EXIT_CODES.failed),
  };
}

function systemOutput(stream: NodeJS.WriteStream): OutputStream {
  // Whoever read our output has heard enough, as in `aspen kv export | head`.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  return {
    isTty: stream.isTTY,
    hasColor: hasColor(stream),
    get columns() {
      return stream.columns ?? COLUMNS_DEFAULT;
    },
    write: async (chunk) => {
      if (!stream.write(chunk)) await once(stream, "drain");
    },
  };
}

/** NO_COLOR (no-color.org) wins over everything; FORCE_COLOR colours what is no terminal. */
function hasColor(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0") return true;
  return stream.isTTY && TERM !== "dumb";
}

async function wait(durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(durationMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The network is loaded when it is needed: `--help` and a wrong option answer at once. */
async function connect({ ticket, endpoint, deadlineMs }: ConnectOptions): Promise<AspenClient> {
  const [{ connectClient }, { createLibp2pTransport, createSystemClock, createSystemRandom }] = await Promise.all([
    import("@aspenjs/client"),
    import("@aspenjs/transport/libp2p"),
  ]);
  const gate = { mayConnect: () => true, mayUse: () => true };
  const transport = await createLibp2pTransport({ listen: [], gate });
  await transport.start();
  return connectClient({
    ticket,
    transport,
    ownsTransport: true,
    clock: createSystemClock(),
    random: createSystemRandom(),
    deadlineMs,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}
