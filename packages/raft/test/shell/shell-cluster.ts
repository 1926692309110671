import {
  assert,
  SILENT_LOGGER,
  type CommandResult,
  type KeyValueStateMachine,
  type Membership,
  type NodeId,
  type NodeRecord,
  type Transport,
} from "@aspenjs/api";
import { createMemoryLogStore, MemoryDisk } from "@aspenjs/log-store/memory";
import { encodeLogCommand } from "@aspenjs/protocol";
import { createMemoryStateMachine, MemoryStateDisk } from "@aspenjs/state-machine/memory";
import { createMemoryNetwork, type MemoryNetwork } from "@aspenjs/transport/memory";
import { createSeededRandom, createVirtualClock, type VirtualClock } from "@aspenjs/transport/testing";
import type { RaftFailure, RaftNodeOptions } from "../../src/node/raft-node-options.ts";
import { createRaftNode, type RaftNode } from "../../src/node/raft-node.ts";

export interface ShellNode {
  readonly nodeId: NodeId;
  readonly raft: RaftNode<CommandResult>;
  readonly machine: KeyValueStateMachine;
  readonly transport: Transport;
  readonly failures: RaftFailure[];
}

const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };

/** Whole nodes, shell and all, over memory ports on virtual time. */
export class ShellCluster {
  readonly clock: VirtualClock = createVirtualClock();
  readonly network: MemoryNetwork;
  readonly nodes = new Map<NodeId, ShellNode>();
  readonly #logDisks = new Map<NodeId, MemoryDisk>();
  readonly #stateDisks = new Map<NodeId, MemoryStateDisk>();
  readonly #options: Partial<RaftNodeOptions>;
  readonly #seed: number;

  constructor(seed: number, options: Partial<RaftNodeOptions> = {}) {
    this.#seed = seed;
    this.#options = options;
    this.network = createMemoryNetwork({ clock: this.clock, random: createSeededRandom(seed) });
  }

  record(nodeId: NodeId): NodeRecord {
    return { nodeId, peerId: `peer-${nodeId}`, addresses: [this.network.addressOf(`peer-${nodeId}`)] };
  }

  membership(voters: readonly NodeId[]): Membership {
    return { voters, outgoingVoters: [], learners: [], nodes: voters.map((nodeId) => this.record(nodeId)) };
  }

  logDisk(nodeId: NodeId): MemoryDisk {
    const disk = this.#logDisks.get(nodeId) ?? new MemoryDisk();
    this.#logDisks.set(nodeId, disk);
    return disk;
  }

  async start(nodeId: NodeId): Promise<ShellNode> {
    const opened = await createMemoryLogStore({ storeId: `node-${nodeId}`, disk: this.logDisk(nodeId) });
    assert(opened.kind === "opened", "a memory log store opens");
    const stateDisk = this.#stateDisks.get(nodeId) ?? new MemoryStateDisk();
    this.#stateDisks.set(nodeId, stateDisk);
    const machine = createMemoryStateMachine({ disk: stateDisk });
    const transport = this.network.createTransport(`peer-${nodeId}`, { gate: OPEN_GATE });
    const failures: RaftFailure[] = [];
    const created = await createRaftNode(
      {
        logStore: opened.store,
        stateMachine: machine,
        transport,
        peers: { nodeIdOf: (peerId) => Number(peerId.split("-")[1]), peerIdOf: (id) => `peer-${id}` },
        clock: this.clock,
        random: createSeededRandom(this.#seed * 1_000 + nodeId),
        logger: SILENT_LOGGER,
        listener: {
          onFailed: (failure) => failures.push(failure),
          onMembershipChanged: ({ membership }) => {
            transport.setDesiredPeers(membership.nodes.filter((record) => record.nodeId !== nodeId));
          },
        },
      },
      { ...this.#options, nodeId },
    );
    assert(created.kind === "created", "a node is created");
    await transport.start();
    created.node.start();
    const node = { nodeId, raft: created.node, machine, transport, failures };
    this.nodes.set(nodeId, node);
    return node;
  }

  /** The process is gone at once; its disks stay. */
  async kill(nodeId: NodeId): Promise<void> {
    const node = this.node(nodeId);
    this.nodes.delete(nodeId);
    await this.clock.settle(Promise.all([node.transport.stop(), node.raft.stop()]));
    await node.machine.close();
    this.logDisk(nodeId).crash();
  }

  async form(...nodeIds: readonly NodeId[]): Promise<void> {
    for (const nodeId of nodeIds) await this.start(nodeId);
    const first = this.node(nodeIds[0] ?? 0);
    for (const other of nodeIds.slice(1)) {
      await this.clock.settle(first.transport.connect(this.network.addressOf(`peer-${other}`), { deadlineMs: 5_000 }));
    }
    await this.clock.settle(first.raft.bootstrap(this.membership(nodeIds)));
  }

  node(nodeId: NodeId): ShellNode {
    const node = this.nodes.get(nodeId);
    assert(node !== undefined, `node ${nodeId} runs`);
    return node;
  }

  async leader(): Promise<ShellNode> {
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 50) {
      const leaders = [...this.nodes.values()].filter(({ raft }) => raft.view.role === "leader");
      const latest = leaders.toSorted((a, b) => b.raft.view.hardState.term - a.raft.view.hardState.term)[0];
      const view = latest?.raft.view;
      const isReady = view?.leading !== undefined && view.committed >= view.leading.termStart;
      if (latest !== undefined && isReady) return latest;
      await this.clock.advance(50);
    }
    throw new Error("no leader within a minute of virtual time");
  }

  set(node: ShellNode, key: string, text: string): Promise<CommandResult> {
    const action = { kind: "set", key, value: new TextEncoder().encode(text) } as const;
    return node.raft.propose(encodeLogCommand({ logTimeMs: 0, action }));
  }

  valueAt(node: ShellNode, key: string): string | undefined {
    const entry = node.machine.get(key);
    return entry === undefined ? undefined : new TextDecoder().decode(entry.value);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 20) {
      if (condition()) return;
      await this.clock.advance(20);
    }
    throw new Error(`not within a minute of virtual time: ${what}`);
  }
}
