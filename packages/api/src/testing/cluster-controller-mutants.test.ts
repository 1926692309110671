/**
 * The suite must be able to fail. Each mutant below has one fault that a real controller could have; the case that is there to
 * find it must fail, and the unchanged controller must pass all of them.
 */
import { describe, expect, test } from "vitest";
import type { ClusterController } from "../cluster-controller.ts";
import type { ClusterState } from "../cluster-state.ts";
import type { NodeRecord } from "../membership.ts";
import { createMemoryClusterController } from "../memory/memory-cluster-controller.ts";
import { compareNodeIds } from "../node-id.ts";
import { clusterControllerCases } from "./cluster-controller-cases.ts";
import type { ClusterControllerSubject } from "./cluster-controller-subject.ts";
import { failingCases } from "./failing-cases.ts";

type ControllerFault = (controller: ClusterController) => Partial<ClusterController>;

const node = (nodeId: number): NodeRecord => ({ nodeId, peerId: `peer-${nodeId}`, addresses: [`/memory/${nodeId}`] });

/** Methods of the fault in front of those of the sound controller. */
function mutantController(fault: ControllerFault): ClusterController {
  const sound = createMemoryClusterController();
  const changed = fault(sound);
  return new Proxy(sound, {
    get: (target, name) => {
      const source = name in changed ? changed : target;
      const method: unknown = Reflect.get(source, name);
      return typeof method === "function" ? (method.bind(source) as unknown) : method;
    },
  });
}

async function controllerSubject(fault: ControllerFault): Promise<ClusterControllerSubject> {
  let nextId = 100;
  const newNode = (): NodeRecord => node((nextId += 1));
  const controller = mutantController(fault);
  await controller.init([1, 2, 3].map(node));
  return {
    controller,
    newNode,
    newCluster: () => ({ controller: mutantController(fault), members: [newNode(), newNode()] }),
    pause: () => Promise.resolve(),
  };
}

async function withVoters(
  state: Promise<ClusterState>,
  change: Partial<ClusterState["membership"]>,
): Promise<ClusterState> {
  const present = await state;
  return { ...present, membership: { ...present.membership, ...change } };
}

const controllerMutants: readonly [fault: string, finder: RegExp, fault: ControllerFault][] = [
  [
    "accepts init again and again",
    /init is once per cluster/,
    (sound) => ({ init: (members) => sound.init(members).catch(() => sound.currentState()) }),
  ],
  [
    "lets a learner vote at once",
    /and no voter/,
    (sound) => ({
      async addLearner(record, options) {
        await sound.addLearner(record, options);
        return await sound.promoteLearner(record.nodeId);
      },
    }),
  ],
  [
    "keeps the voter that a promotion replaces",
    /promotion can replace/,
    (sound) => ({ promoteLearner: (nodeId) => sound.promoteLearner(nodeId) }),
  ],
  [
    "stays in the joint phase",
    /one set of voters to another/,
    (sound) => ({
      changeMembership: (voters, options) =>
        withVoters(sound.changeMembership(voters, options), { outgoingVoters: [...voters].sort(compareNodeIds) }),
    }),
  ],
  [
    "forgets to retain those who leave as learners",
    /one set of voters to another/,
    (sound) => ({ changeMembership: (voters) => sound.changeMembership(voters) }),
  ],
  [
    "says that strangers were promoted",
    /stranger/,
    (sound) => ({
      promoteLearner: (nodeId, options) => sound.promoteLearner(nodeId, options).catch(() => sound.currentState()),
    }),
  ],
  [
    "changes to the voters that it knows and drops the others",
    /to a stranger is refused/,
    (sound) => ({
      async changeMembership(voters, options) {
        const { membership } = await sound.currentState();
        const known = voters.filter((voter) => membership.nodes.some((record) => record.nodeId === voter));
        return await sound.changeMembership(known, options);
      },
    }),
  ],
  [
    "promises a transfer and keeps its leader",
    /in a later term/,
    () => ({ transferLeadership: async (nodeId) => nodeId ?? 1 }),
  ],
  [
    "keeps calling a removed leader the leader",
    /leader that is removed/,
    (sound) => {
      let first: Awaited<ReturnType<ClusterController["getLeader"]>>;
      return {
        async transferLeadership(nodeId) {
          const successor = await sound.transferLeadership(nodeId);
          first = await sound.getLeader();
          return successor;
        },
        getLeader: async () => first ?? (await sound.getLeader()),
      };
    },
  ],
  [
    "has applied more than it has committed",
    /figures do not contradict/,
    (sound) => ({
      async getMetrics() {
        const metrics = await sound.getMetrics();
        return { ...metrics, appliedIndex: metrics.committedIndex + 1 };
      },
    }),
  ],
  [
    "reports a snapshot that it did not take",
    /shows in the figures/,
    (sound) => ({
      async triggerSnapshot() {
        const { term, appliedIndex } = await sound.getMetrics();
        return { term, index: appliedIndex };
      },
    }),
  ],
];

describe("the suite of ClusterController", () => {
  test("lets the unchanged controller pass", async () => {
    expect(await failingCases(clusterControllerCases, () => controllerSubject(() => ({})))).toEqual([]);
  });

  test.each(controllerMutants)("finds a controller that %s", async (_fault, finder, fault) => {
    const failing = await failingCases(clusterControllerCases, () => controllerSubject(fault));
    expect(failing.map(({ name }) => name)).toContainEqual(expect.stringMatching(finder));
  });
});
