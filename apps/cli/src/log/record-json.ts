import {
  unreachable,
  type Compare,
  type Expected,
  type KeyRange,
  type LeaseBinding,
  type LogAction,
  type LogRecord,
  type Membership,
  type TransactionOperation,
} from "@aspenjs/api";
import { leaseIdText } from "../lease-text.ts";
import { nodeIdText } from "../node-id-text.ts";
import type { JsonValue } from "../output-format.ts";
import { valueFields } from "../value-text.ts";

type JsonObject = { readonly [name: string]: JsonValue | undefined };

/** An entry of the log as JSON: ids as text, values as text or base64. */
export function recordJson(record: LogRecord): JsonValue {
  const { index, term, kind } = record;
  switch (record.kind) {
    case "blank":
      return { index, term, kind };
    case "membership":
      return { index, term, kind, membership: membershipJson(record.membership) };
    case "command": {
      const { logTimeMs, write, isPartial, action } = record;
      const session = write && { sessionId: String(write.sessionId), sequence: write.sequence };
      return { index, term, kind, logTimeMs, write: session, isPartial, action: actionJson(action) };
    }
    default:
      return unreachable(record);
  }
}

function membershipJson({ voters, outgoingVoters, learners, nodes }: Membership): JsonValue {
  return {
    voters: voters.map(nodeIdText),
    outgoingVoters: outgoingVoters.map(nodeIdText),
    learners: learners.map(nodeIdText),
    nodes: nodes.map((node) => ({ ...node, nodeId: nodeIdText(node.nodeId) })),
  };
}

function actionJson(action: LogAction): JsonObject {
  switch (action.kind) {
    case "set":
    case "delete":
    case "deleteRange":
      return operationJson(action);
    case "setMulti":
      return { kind: action.kind, pairs: action.pairs.map(({ key, value }) => ({ key, ...valueFields(value) })) };
    case "deleteMulti":
      return { kind: action.kind, keys: action.keys };
    case "compareAndSwap":
      return {
        kind: action.kind,
        key: action.key,
        expected: expectedJson(action.expected),
        ...valueFields(action.value),
      };
    case "compareAndDelete":
      return { kind: action.kind, key: action.key, expected: expectedJson(action.expected) };
    case "transaction":
      return {
        kind: action.kind,
        compares: action.compares.map(compareJson),
        success: action.success.map(operationJson),
        failure: action.failure.map(operationJson),
      };
    case "leaseGrant":
      return { kind: action.kind, ttlMs: action.ttlMs, ...bindingJson({ ...action, ttlMs: undefined }) };
    case "leaseRevoke":
      return { kind: action.kind, leaseId: leaseIdText(action.leaseId) };
    case "renewLeases":
    case "expireLeases":
      return { kind: action.kind, leaseIds: action.leaseIds.map(leaseIdText) };
    case "openSession":
    case "closeSession":
    case "extendLeases":
      return { kind: action.kind };
    default:
      return unreachable(action);
  }
}

function operationJson(operation: TransactionOperation): JsonObject {
  switch (operation.kind) {
    case "set": {
      const { kind, key, value } = operation;
      return { kind, key, ...valueFields(value), ...bindingJson(operation) };
    }
    case "get":
    case "delete":
      return { kind: operation.kind, key: operation.key };
    case "deleteRange":
    case "scan":
      return { kind: operation.kind, ...rangeJson(operation.range) };
    default:
      return unreachable(operation);
  }
}

function compareJson(compare: Compare): JsonObject {
  const { key, target, operator } = compare;
  if (compare.target === "value") return { key, target, operator, ...valueFields(compare.value) };
  return { key, target, operator, number: compare.number };
}

function expectedJson(expected: Expected): JsonObject {
  return expected.kind === "value" ? { kind: expected.kind, ...valueFields(expected.value) } : expected;
}

function rangeJson(range: KeyRange): JsonObject {
  return range.kind === "prefix" ? { prefix: range.prefix } : { start: range.start, end: range.end };
}

function bindingJson({ leaseId, ttlMs }: { readonly [Name in keyof LeaseBinding]: LeaseBinding[Name] | undefined }) {
  return {
    ...(leaseId === undefined ? {} : { leaseId: leaseIdText(leaseId) }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
}
