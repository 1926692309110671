import { AspenError, isNodeId, type NodeId } from "@aspenjs/api";
import type { NodeConfig } from "@aspenjs/cluster";

/** What the service was told, checked: nothing in here needs another look. */
export interface NodeOptions {
  readonly dataDirectory: string;
  readonly listen: readonly string[];
  readonly secretFile: string | undefined;
  readonly joinTicketFile: string | undefined;
  readonly nodeId: NodeId | undefined;
  readonly logLevel: LogLevelName;
  readonly config: Partial<NodeConfig>;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** Options as text, by their long name in camel case, wherever they came from. */
export type OptionTexts = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** @throws AspenError `invalid_request`, naming the option and its source */
export function parseNodeOptions(texts: OptionTexts): NodeOptions {
  const logLevel = LOG_LEVELS.find((level) => level === (texts["logLevel"] ?? "info"));
  if (logLevel === undefined) throw invalid("--log-level", `one of ${LOG_LEVELS.join(", ")}`);
  return {
    dataDirectory: text(texts["dataDir"]) ?? "./aspen-data",
    listen: addressesOf(texts["listen"]),
    secretFile: text(texts["secretFile"]),
    joinTicketFile: text(texts["joinTicketFile"]),
    nodeId: parseNodeId(text(texts["nodeId"])),
    logLevel,
    config: {
      ...milliseconds(texts, "heartbeatMs"),
      ...milliseconds(texts, "electionMsMin"),
      ...milliseconds(texts, "electionMsMax"),
      ...milliseconds(texts, "failoverMsMax"),
      ...milliseconds(texts, "leaseDriftMs"),
      ...milliseconds(texts, "membershipCooldownMs"),
      ...count(texts, "compactionEntries"),
      ...count(texts, "compactionBytes"),
      ...count(texts, "retainedEntriesMin"),
      ...flag(texts["promoteLearners"], "isPromotingLearners"),
    },
  };
}

/** Given on the command line without a value, or in the environment as `true`. */
function flag(value: OptionTexts[string], name: "isPromotingLearners"): Partial<NodeConfig> {
  if (value === undefined || value === "false") return {};
  if (value === true || value === "true") return { [name]: true };
  throw invalid("--promote-learners", "true or false");
}

function text(value: OptionTexts[string]): string | undefined {
  if (typeof value === "boolean") return undefined;
  return typeof value === "string" ? value : value?.at(-1);
}

/** Several words on the command line, or one text with commas in the environment. */
function addressesOf(value: OptionTexts[string]): readonly string[] {
  if (value === undefined || typeof value === "boolean") return ["/ip4/127.0.0.1/tcp/7600"];
  return typeof value === "string" ? value.split(",") : value;
}

function parseNodeId(value: string | undefined): NodeId | undefined {
  if (value === undefined) return undefined;
  const nodeId = Number(value);
  if (!/^\d+$/.test(value) || !isNodeId(nodeId)) throw invalid("--node-id", "an integer from 1 to 2^53 - 1");
  return nodeId;
}

function milliseconds(texts: OptionTexts, name: keyof NodeConfig): Partial<NodeConfig> {
  return number(texts, name, 0, "milliseconds");
}

function count(texts: OptionTexts, name: keyof NodeConfig): Partial<NodeConfig> {
  return number(texts, name, 0, "a whole number");
}

function number(texts: OptionTexts, name: keyof NodeConfig, min: number, meaning: string): Partial<NodeConfig> {
  const value = text(texts[name]);
  if (value === undefined) return {};
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed) || parsed < min) throw invalid(optionName(name), meaning);
  return { [name]: parsed };
}

function optionName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function invalid(option: string, expected: string): AspenError {
  return new AspenError("invalid_request", `${option} takes ${expected}`);
}
