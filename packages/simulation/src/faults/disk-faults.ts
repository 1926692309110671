import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import { SKIPPED, type Fault } from "./fault.ts";
import { pickRunning } from "./process-faults.ts";

export const slowDisk: Fault = {
  name: "slow-disk",
  durationMsMin: 500,
  durationMsMax: 8_000,
  weight: 3,
  strike({ world }, random) {
    const node = random.pick([...world.nodes.values()]);
    const syncUsMax = 20_000 + random.below(2_500_000);
    const undo = node.layPace({ syncUsMin: syncUsMax >> 3, syncUsMax, workUsMax: random.below(100_000) });
    return {
      kind: "injected",
      text: `node ${node.nodeId} needs up to ${syncUsMax} us for a sync`,
      undo,
    };
  },
};

/** A sync of the log fails: fatal to the node, which is started again when the disk is mended. */
export const failLogSync: Fault = {
  name: "log-sync-failure",
  durationMsMin: 200,
  durationMsMax: 5_000,
  weight: 1,
  strike({ world }, random) {
    const node = pickRunning(world, random);
    if (node === undefined) return SKIPPED;
    const code = random.below(2) === 0 ? "io_failed" : "disk_full";
    node.logDisk.failNextSync(code);
    return {
      kind: "injected",
      text: `the next sync of the log of node ${node.nodeId} fails, ${code}`,
      undo: () => world.startAgain(node),
    };
  },
};

export const failStateDisk: Fault = {
  name: "state-disk-failure",
  durationMsMin: 200,
  durationMsMax: 5_000,
  weight: 1,
  strike({ world }, random) {
    const node = pickRunning(world, random);
    if (node === undefined) return SKIPPED;
    const code = random.below(2) === 0 ? "io_failed" : "disk_full";
    const mend = node.stateDisk.breakDown(code);
    if (mend === undefined) return SKIPPED;
    return {
      kind: "injected",
      text: `nothing can be written to the state of node ${node.nodeId}, ${code}`,
      undo: () => {
        mend();
        world.startAgain(node);
      },
    };
  },
};

/** A bit of the stored log flips. Whoever reads it must notice; the node is out until it is replaced. */
export const rotBit: Fault = {
  name: "bit-rot",
  durationMsMin: 0,
  durationMsMax: 0,
  weight: 1,
  strike({ world, operator }, random) {
    const node = pickDispensable(world, operator.isSettled, random);
    if (node === undefined) return SKIPPED;
    const { logDisk } = node;
    const indexes = logDisk.entryIndexes;
    const index = indexes.length === 0 ? undefined : random.pick(indexes);
    const rowBytes = index === undefined ? undefined : logDisk.rowByteLength(index);
    if (index === undefined || rowBytes === undefined) return SKIPPED;
    logDisk.flipEntryBit(index, random.below(rowBytes * 8));
    node.isDamaged = true;
    return { kind: "injected", text: `a bit of entry ${index} of node ${node.nodeId} flips` };
  },
};

/** The machine burns down. Its node never comes back; another one takes its place. */
export const loseMachine: Fault = {
  name: "machine-loss",
  durationMsMin: 0,
  durationMsMax: 0,
  weight: 1,
  strike({ world, operator }, random) {
    const node = pickDispensable(world, operator.isSettled, random);
    if (node === undefined) return SKIPPED;
    world.lose(node);
    return { kind: "injected", text: `node ${node.nodeId} is lost for good` };
  },
};

/** The machine comes back with empty disks. A node that has forgotten what it promised must refuse to take part. */
export const wipeMachine: Fault = {
  name: "machine-wiped",
  durationMsMin: 0,
  durationMsMax: 0,
  weight: 1,
  strike({ world, operator }, random) {
    const node = pickDispensable(world, operator.isSettled, random);
    if (node?.process === undefined) return SKIPPED;
    world.endProcess(node, "powerCut");
    node.isDamaged = true;
    node.logDisk.erase();
    world.startAgain(node);
    return { kind: "injected", text: `node ${node.nodeId} comes back with empty disks` };
  },
};

/** Somebody whom the cluster can do without for ever: everybody else knows one and the same membership. */
function pickDispensable(world: World, isSettled: boolean, random: SeededRandom): SimulatedNode | undefined {
  const nodes = [...world.nodes.values()];
  if (!isSettled || nodes.some((node) => node.isDamaged && world.isMember(node.nodeId))) return undefined;
  const memberships = world.memberships();
  const [first] = memberships;
  const text = JSON.stringify(first);
  if (first === undefined || memberships.some((membership) => JSON.stringify(membership) !== text)) return undefined;
  if (first.outgoingVoters.length > 0 || first.voters.length < 3) return undefined;
  return random.pick(first.voters.map((nodeId) => world.node(nodeId)));
}
