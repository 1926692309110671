import type { NodeProcess } from "./node-process.ts";

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly peerId?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly what?: string;
  readonly protocol?: string;
}

/** The lines that are still held of what a node has logged, the oldest first. */
export function logLines(node: NodeProcess): LogLine[] {
  return node.logLines.flatMap((text) => {
    // What the engine itself writes on the way to its end is no JSON.
    if (!text.startsWith("{")) return [];
    const line = JSON.parse(text) as LogLine;
    return [line];
  });
}

/** Lines of the node about one peer, in a word each: what happened, why, and with which code. */
export function linesAbout(node: NodeProcess, peerId: string): string[] {
  return logLines(node)
    .filter((line) => line.peerId === peerId)
    .map(({ msg, what, code, protocol, reason }) =>
      [msg, what, code, protocol, reason].filter((part) => part !== undefined).join(" | "),
    );
}
