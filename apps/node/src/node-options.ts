import { AspenError, isNodeId, type NodeId } from "@aspenjs/api";
import type { NodeConfig } from "@aspenjs/cluster";

/** What the service was told, checked one by one; whether it goes together is the node's to say. */
export interface NodeOptions {
  readonly dataDirectory: string;
  readonly listen: readonly string[];
  readonly secretFile: string | undefined;
  readonly joinTicketFile: string | undefined;
  readonly nodeId: NodeId | undefined;
  readonly logLevel: LogLevelName;
  readonly isEndingWithParent: boolean;
  readonly config: Partial<NodeConfig>;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** Options as text, by their long name in camel case, wherever they came from. */
export type OptionTexts = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Options that take a whole number, by the one name that they have everywhere. */
const NUMBERS = [
  "heartbeatMs",
  "electionMsMin",
  "electionMsMax",
  "failoverMsMax",
  "leaseDriftMs",
  "membershipCooldownMs",
  "compactionEntries",
  "compactionBytes",
  "retainedEntriesMin",
] as const satisfies readonly (keyof NodeConfig)[];

/** The variable that stands for an option, such as `ASPEN_DATA_DIR` for `--data-dir`. */
export function variableOf(longOption: string): string {
  return `ASPEN_${longOption.replace(/^--/, "").replaceAll("-", "_").toUpperCase()}`;
}

/** @throws AspenError `invalid_request`, naming the option */
export function parseNodeOptions(texts: OptionTexts): NodeOptions {
  const logLevel = LOG_LEVELS.find((level) => level === (texts["logLevel"] ?? "info"));
  if (logLevel === undefined) throw invalid("logLevel", `one of ${LOG_LEVELS.join(", ")}`);
  const isPromotingLearners = flag(texts, "promoteLearners");
  return {
    dataDirectory: text(texts, "dataDir") ?? "./aspen-data",
    listen: addressesOf(texts),
    secretFile: text(texts, "secretFile"),
    joinTicketFile: text(texts, "joinTicketFile"),
    nodeId: parseNodeId(text(texts, "nodeId")),
    logLevel,
    isEndingWithParent: flag(texts, "exitWithParent") ?? false,
    config: { ...numbersOf(texts), ...(isPromotingLearners === undefined ? {} : { isPromotingLearners }) },
  };
}

/** Given on the command line without a value, or in the environment as `true` or `false`. */
function flag(texts: OptionTexts, name: string): boolean | undefined {
  const value = texts[name];
  if (value === undefined || typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  throw invalid(name, "true or false");
}

function text(texts: OptionTexts, name: string): string | undefined {
  const value = texts[name];
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw invalid(name, "a value");
}

/** Several words on the command line, or one text with commas in the environment. */
function addressesOf(texts: OptionTexts): readonly string[] {
  const value = texts["listen"];
  if (value === undefined) return ["/ip4/127.0.0.1/tcp/7600"];
  const addresses = typeof value === "string" ? value.split(",") : value;
  if (typeof addresses === "boolean" || addresses.includes("")) throw invalid("listen", "multiaddrs");
  return addresses;
}

function parseNodeId(value: string | undefined): NodeId | undefined {
  if (value === undefined) return undefined;
  const nodeId = Number(value);
  if (!/^\d+$/.test(value) || !isNodeId(nodeId)) throw invalid("nodeId", "an integer from 1 to 2^53 - 1");
  return nodeId;
}

function numbersOf(texts: OptionTexts): Partial<NodeConfig> {
  const given = NUMBERS.flatMap((name) => {
    const value = text(texts, name);
    return value === undefined ? [] : [[name, wholeNumber(name, value)] as const];
  });
  return Object.fromEntries(given);
}

/** Digits alone: `1e3`, ` 5` and `0x10` are numbers to JavaScript, and slips of the keyboard here. */
function wholeNumber(name: string, value: string): number {
  const parsed = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(parsed)) return parsed;
  throw invalid(name, "a whole number");
}

function invalid(name: string, expected: string): AspenError {
  const option = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return new AspenError("invalid_request", `${option} (${variableOf(option)}) takes ${expected}`);
}
