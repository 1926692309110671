import type { Clock, CommandResult, Logger, NodeId, Transport } from "@aspenjs/api";
import type { RaftNode } from "@aspenjs/raft";
import { limits } from "./limits.ts";
import type { PeerDirectory } from "./peer-directory.ts";

export interface HandOverDeps {
  readonly raft: Pick<RaftNode<CommandResult>, "view" | "transferLeadership">;
  readonly transport: Pick<Transport, "connectedPeers" | "onPeerEvent">;
  readonly directory: Pick<PeerDirectory, "membership">;
  readonly nodeId: NodeId;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * What a leader does before it stops: another voter leads when this resolves, so that nobody has to notice its absence
 * first. Gives up after `handOverMs`, and at once when too few voters are connected to elect anyone, as when all nodes
 * stop together.
 */
export async function handOver(deps: HandOverDeps): Promise<void> {
  const { raft, clock, logger, transport } = deps;
  if (raft.view.role !== "leader" || deps.directory.membership.voters.length < 2) return;
  const end = Promise.withResolvers<void>();
  const cancelTimer = clock.setTimer(limits.handOverMs, end.resolve);
  const endWithoutHeirs = (): void => {
    if (!canElectAnother(deps)) end.resolve();
  };
  const unsubscribe = transport.onPeerEvent(endWithoutHeirs);
  endWithoutHeirs();
  const transfer = raft.transferLeadership(undefined).then(
    (leader) => logger.log("info", "leadership handed over", { leader }),
    (error: unknown) => logger.log("info", "leadership not handed over", { reason: String(error) }),
  );
  await Promise.race([transfer, end.promise]);
  cancelTimer();
  unsubscribe();
}

function canElectAnother({ transport, directory, nodeId }: HandOverDeps): boolean {
  const { voters, nodes } = directory.membership;
  const connected = new Set(transport.connectedPeers);
  const present = nodes.filter((node) => node.nodeId === nodeId || connected.has(node.peerId));
  const voting = present.filter((node) => voters.includes(node.nodeId)).length;
  return voting > voters.length / 2;
}
