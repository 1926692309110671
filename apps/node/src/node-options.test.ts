import { AspenError } from "@aspenjs/api";
import { expect, test } from "vitest";
import { parseNodeOptions, variableOf, type OptionTexts } from "./node-options.ts";

test("without options a node listens on loopback and changes nothing of its defaults", () => {
  expect(parseNodeOptions({})).toEqual({
    dataDirectory: "./aspen-data",
    listen: ["/ip4/127.0.0.1/tcp/7600"],
    secretFile: undefined,
    joinTicketFile: undefined,
    nodeId: undefined,
    logLevel: "info",
    isEndingWithParent: false,
    config: {},
  });
});

test("every option is read, from the command line and from the environment alike", () => {
  const texts: OptionTexts = {
    dataDir: "/data",
    secretFile: "/secret",
    joinTicketFile: "/ticket",
    nodeId: "9007199254740991",
    logLevel: "warn",
    heartbeatMs: "50",
    electionMsMin: "500",
    electionMsMax: "900",
    failoverMsMax: "0",
    leaseDriftMs: "20",
    membershipCooldownMs: "0",
    compactionEntries: "1",
    compactionBytes: "2",
    retainedEntriesMin: "3",
  };
  const expected = {
    dataDirectory: "/data",
    listen: ["/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/1"],
    secretFile: "/secret",
    joinTicketFile: "/ticket",
    nodeId: Number.MAX_SAFE_INTEGER,
    logLevel: "warn",
    isEndingWithParent: true,
    config: {
      heartbeatMs: 50,
      electionMsMin: 500,
      electionMsMax: 900,
      failoverMsMax: 0,
      leaseDriftMs: 20,
      membershipCooldownMs: 0,
      compactionEntries: 1,
      compactionBytes: 2,
      retainedEntriesMin: 3,
      isPromotingLearners: true,
    },
  };
  const words = { listen: ["/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/1"], promoteLearners: true, exitWithParent: true };
  const variables = { listen: "/ip4/0.0.0.0/tcp/1,/ip6/::/tcp/1", promoteLearners: "true", exitWithParent: "true" };
  expect(parseNodeOptions({ ...texts, ...words })).toEqual(expected);
  expect(parseNodeOptions({ ...texts, ...variables })).toEqual(expected);
});

test("a flag of the environment can be switched off", () => {
  const options = parseNodeOptions({ promoteLearners: "false", exitWithParent: "false" });
  expect([options.config.isPromotingLearners, options.isEndingWithParent]).toEqual([false, false]);
});

test.each<readonly [string, OptionTexts]>([
  ["--heartbeat-ms (ASPEN_HEARTBEAT_MS) takes a whole number", { heartbeatMs: "1e3" }],
  ["--heartbeat-ms (ASPEN_HEARTBEAT_MS) takes a whole number", { heartbeatMs: " 5" }],
  ["--election-ms-min (ASPEN_ELECTION_MS_MIN) takes a whole number", { electionMsMin: "-1" }],
  ["--election-ms-min (ASPEN_ELECTION_MS_MIN) takes a whole number", { electionMsMin: "9007199254740992" }],
  ["--compaction-bytes (ASPEN_COMPACTION_BYTES) takes a value", { compactionBytes: "" }],
  ["--data-dir (ASPEN_DATA_DIR) takes a value", { dataDir: "" }],
  ["--node-id (ASPEN_NODE_ID) takes an integer from 1 to 2^53 - 1", { nodeId: "0" }],
  ["--log-level (ASPEN_LOG_LEVEL) takes one of debug, info, warn, error, silent", { logLevel: "loud" }],
  ["--listen (ASPEN_LISTEN) takes multiaddrs", { listen: "" }],
  ["--listen (ASPEN_LISTEN) takes multiaddrs", { listen: "/ip4/127.0.0.1/tcp/1," }],
  ["--promote-learners (ASPEN_PROMOTE_LEARNERS) takes true or false", { promoteLearners: "yes" }],
])("%s", (message, texts) => {
  expect(() => parseNodeOptions(texts)).toThrow(new AspenError("invalid_request", message));
});

test("a variable has the name of its option", () => {
  expect(variableOf("--election-ms-max")).toBe("ASPEN_ELECTION_MS_MAX");
});
