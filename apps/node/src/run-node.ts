import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AspenError, type Logger } from "@aspenjs/api";
import type { AspenNode } from "@aspenjs/cluster";
import { openDefaultNode, readOrCreateSecretFile, readSecretFile } from "@aspenjs/cluster/default";
import { decodeJoinTicket, ticketError, type ClusterSecret, type JoinTicket } from "@aspenjs/protocol";
import { createSystemRandom } from "@aspenjs/transport/libp2p";
import type { NodeOptions } from "./node-options.ts";

export type NodeExit = "stopped" | "failed";

const JOIN_RETRY_MS = 1_000;

/**
 * Runs a node until it is told to stop or stops by itself. Resolves when everything is closed.
 * @throws AspenError when the node cannot start
 */
export async function runNode(options: NodeOptions, logger: Logger, stopSignal: AbortSignal): Promise<NodeExit> {
  const ticket = await readJoinTicket(options.joinTicketFile);
  const secret = await loadSecret(options, ticket);
  const failed = Promise.withResolvers<NodeExit>();
  const node = await openDefaultNode({
    dataDirectory: options.dataDirectory,
    secret,
    listen: options.listen,
    logger,
    config: options.config,
    ...(options.nodeId === undefined ? {} : { nodeId: options.nodeId }),
    onFailed: () => failed.resolve("failed"),
  });
  try {
    await node.start();
    await announce(node, options.dataDirectory);
  } catch (error) {
    await node.stop();
    throw error;
  }
  const stopped = new Promise<NodeExit>((resolve) => {
    if (stopSignal.aborted) resolve("stopped");
    stopSignal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  if (ticket !== undefined && !node.isInitialized) void joinUntilTaken(node, ticket, logger, stopSignal);
  const exit = await Promise.race([failed.promise, stopped]);
  await node.stop();
  return exit;
}

/** Tools that start nodes learn from this file who the node is and where it listens. */
async function announce(node: AspenNode, dataDirectory: string): Promise<void> {
  const { nodeId, peerId, clusterId } = node.identity;
  const record = { nodeId: String(nodeId), peerId, clusterId, addresses: node.addresses, pid: process.pid };
  await writeFile(join(dataDirectory, "node.json"), `${JSON.stringify(record, undefined, 2)}\n`);
}

async function readJoinTicket(path: string | undefined): Promise<JoinTicket | undefined> {
  if (path === undefined) return undefined;
  const outcome = decodeJoinTicket(await readJoinTicketFile(path));
  if (outcome.kind === "refused") throw ticketError(outcome.reason);
  return outcome.ticket;
}

async function readJoinTicketFile(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing) throw new AspenError("not_found", `there is no join ticket at ${path}`);
    throw error;
  }
}

async function loadSecret(options: NodeOptions, ticket: JoinTicket | undefined): Promise<ClusterSecret> {
  if (options.secretFile !== undefined) return readSecretFile(options.secretFile);
  if (ticket !== undefined) return ticket.secret;
  return readOrCreateSecretFile(join(options.dataDirectory, "cluster.secret"), createSystemRandom());
}

async function joinUntilTaken(node: AspenNode, ticket: JoinTicket, logger: Logger, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && !node.isInitialized) {
    try {
      await node.join(ticket.addresses);
      logger.log("info", "joined the cluster as a learner");
      return;
    } catch (error) {
      const isFinal = error instanceof AspenError && !error.retryable;
      const reason = error instanceof AspenError ? `${error.code}: ${error.message}` : String(error);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
      logger.log(isFinal ? "error" : "warn", isFinal ? "refused by the cluster" : "not joined yet", { reason, cause });
      if (isFinal) return;
      await new Promise((resolve) => setTimeout(resolve, JOIN_RETRY_MS));
    }
  }
}
