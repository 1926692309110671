import { AspenError } from "@aspenjs/api";
import { assertRaftConfig, RAFT_CONFIG_DEFAULTS } from "@aspenjs/raft";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { NODE_CONFIG_DEFAULTS, resolveNodeConfig, type NodeConfig } from "../../src/node-config.ts";

const NUMBERS = [
  "heartbeatMs",
  "electionMsMin",
  "electionMsMax",
  "failoverMsMax",
  "leaseDriftMs",
  "compactionEntries",
  "compactionBytes",
  "retainedEntriesMin",
  "membershipCooldownMs",
] as const satisfies readonly (keyof NodeConfig)[];

/** Numbers as the service hands them on: whole, and not negative. */
function overridesOf(source: ByteSource): Partial<NodeConfig> {
  const given = NUMBERS.filter(() => source.isSet()).map((name) => {
    const number = Math.abs(Math.round(source.number() * source.pick([1, 10, 100])));
    return [name, Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER] as const;
  });
  return Object.fromEntries(given);
}

export const target = defineTarget<NodeConfig>({
  name: "cluster/node-config",
  decodes: "a node's configuration: numbers that must go together",
  covers: [],
  frameBytesMax: 1_024,
  seeds: () => [
    new Uint8Array(9),
    Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 10, 1, 50, 1, 90, 1, 1, 1, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0),
  ],
  decode: throwing((bytes) => {
    const source = new ByteSource(bytes);
    return resolveNodeConfig(1 + source.byte(), overridesOf(source));
  }, AspenError),
  check: (config) => {
    // The relations that consensus needs, as a node that is made with it asserts them; ten milliseconds are a tick.
    const ticks = (durationMs: number): number => Math.round(durationMs / 10);
    const { heartbeatMs, electionMsMin, electionMsMax, failoverMsMax } = { ...NODE_CONFIG_DEFAULTS, ...config };
    assertRaftConfig({
      ...RAFT_CONFIG_DEFAULTS,
      nodeId: 1,
      heartbeatTicks: ticks(heartbeatMs),
      electionTicksMin: ticks(electionMsMin),
      electionTicksMax: ticks(electionMsMax),
      failoverTicksMax: failoverMsMax === 0 ? 0 : Math.max(1, ticks(failoverMsMax)),
    });
  },
  canaries: [
    {
      name: "values that do not go together",
      file: "packages/cluster/src/node-config.ts",
      find: "if (problem === undefined) return config;",
      replace: "if (problem === undefined || config.heartbeatMs > 50) return config;",
    },
    {
      name: "a failed assertion instead of a refusal",
      file: "packages/raft/src/node/raft-node-options.ts",
      find: "  return raftConfigProblem(core);",
      replace:
        "  const problem = raftConfigProblem(core);\n  if (problem !== undefined) throw new Error(problem);\n  return problem;",
    },
  ],
});
