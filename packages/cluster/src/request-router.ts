import {
  AspenError,
  assertLeaseId,
  assertLeasePosition,
  assertReadEntries,
  assertReadKeys,
  assertReadOptions,
  assertScanLimit,
  assertSqlDeadline,
  assertSqlQuery,
  assertUserKey,
  assertWriteCommand,
  encodeContinuation,
  limits,
  scanQuery,
  unreachable,
  utf8ByteLength,
  type Clock,
  type ClusterController,
  type CommandResult,
  type GetLeaseResult,
  type GetMultiResult,
  type GetResult,
  type KeyValueStateMachine,
  type ListLeasesResult,
  type ReadConsistency,
  type ReadLabel,
  type LogIndex,
  type Revision,
  type ScanResult,
  type SqlQueryResult,
} from "@aspenjs/api";
import {
  encodeLogCommand,
  type AnswerOf,
  type ClientRequest,
  type GetKeyRequest,
  type GetLeaseStatusRequest,
  type GetMultiKeysRequest,
  type HelloRequest,
  type IssueTicketRequest,
  type JoinTicketRequest,
  type ListLeaseStatusesRequest,
  type LogAction,
  type ScanKeysRequest,
  type SessionReference,
  type SqlQueryCallRequest,
} from "@aspenjs/protocol";
import type { RaftNode } from "@aspenjs/raft";
import type { LeaseKeeper } from "./lease-keeper.ts";
import type { LogClock } from "./log-clock.ts";

/** What a ticket has been checked for; greetings and tickets are the client service's own business. */
export type RoutedRequest = Exclude<ClientRequest, HelloRequest | IssueTicketRequest | JoinTicketRequest>;

export interface RequestRouterDeps {
  readonly raft: RaftNode<CommandResult>;
  readonly machine: KeyValueStateMachine;
  readonly controller: ClusterController;
  readonly logClock: LogClock;
  readonly leases: LeaseKeeper;
  readonly clock: Clock;
}

/** Whom a request is served for. */
export interface RequestBearer {
  readonly deadlineMs: number;
  /** Of the ticket: keys outside of all of these do not exist for it. Empty for every key. */
  readonly keyPrefixes: readonly string[];
  /** The answer is wanted no more. */
  readonly signal: AbortSignal;
}

/**
 * Brings a request that may be served to whoever serves it: writes through consensus, reads to the state machine once
 * they are as fresh as asked for, cluster calls to the controller. What passes the gates here is applied everywhere.
 */
export class RequestRouter {
  readonly #deps: RequestRouterDeps;

  constructor(deps: RequestRouterDeps) {
    this.#deps = deps;
  }

  async route(request: RoutedRequest, bearer: RequestBearer): Promise<AnswerOf<RoutedRequest>> {
    const { controller } = this.#deps;
    const { deadlineMs } = bearer;
    switch (request.kind) {
      case "write":
        assertWriteCommand(request.command);
        return this.#propose(request.command, request.session);
      case "openSession":
        return this.#openSession();
      case "closeSession":
        return this.#propose({ kind: "closeSession" }, request.session);
      case "get":
        return this.#get(request);
      case "getMulti":
        return this.#getMulti(request);
      case "scan":
        return this.#scan(request);
      case "keepLeaseAlive":
        assertLeaseId(request.leaseId);
        return this.#deps.leases.keepAlive(request.leaseId);
      case "getLease":
        return this.#getLease(request);
      case "listLeases":
        return this.#listLeases(request);
      case "query":
        return this.#query(request, bearer);
      case "init":
        return controller.init(request.members, { deadlineMs });
      case "addLearner":
        return controller.addLearner(request.node, { waitForCatchUp: request.waitForCatchUp, deadlineMs });
      case "promoteLearner":
        return controller.promoteLearner(request.nodeId, {
          ...(request.replace === undefined ? {} : { replace: request.replace }),
          force: request.force,
          deadlineMs,
        });
      case "changeMembership":
        return controller.changeMembership(request.voters, {
          retainRemovedAsLearners: request.retainRemovedAsLearners,
          deadlineMs,
        });
      case "removeNode":
        return controller.removeNode(request.nodeId, { deadlineMs });
      case "transferLeadership":
        return controller.transferLeadership(request.nodeId, { deadlineMs });
      case "currentState":
        return controller.currentState();
      case "getMetrics":
        return controller.getMetrics();
      case "triggerSnapshot":
        return controller.triggerSnapshot();
      case "getLeader":
        return controller.getLeader();
      default:
        return unreachable(request);
    }
  }

  /** The store's revision, once everything that was acknowledged before is applied here. */
  async freshRevision(): Promise<Revision> {
    await this.#freshen("linearizable");
    return this.#deps.machine.revision;
  }

  /** The last entry that this node has applied, once that is all that was acknowledged before. */
  async freshIndex(): Promise<LogIndex> {
    await this.#freshen("linearizable");
    return this.#deps.machine.appliedState.lastApplied.index;
  }

  #propose(action: LogAction, session: SessionReference | undefined): Promise<CommandResult> {
    const logTimeMs = this.#deps.logClock.nowMs();
    const command = encodeLogCommand({ logTimeMs, action, ...(session === undefined ? {} : { session }) });
    return this.#deps.raft.propose(command);
  }

  async #openSession(): Promise<number> {
    const result = await this.#propose({ kind: "openSession" }, undefined);
    if (result.kind === "sessionOpened") return result.sessionId;
    throw new AspenError("internal", `opening a session ended as ${result.kind}`);
  }

  async #get(request: GetKeyRequest): Promise<GetResult> {
    assertUserKey(request.key);
    await this.#freshen(request.consistency);
    return { ...this.#label(request.consistency), entry: this.#deps.machine.get(request.key) };
  }

  async #getMulti({ keys, consistency }: GetMultiKeysRequest): Promise<GetMultiResult> {
    assertReadKeys(keys);
    await this.#freshen(consistency);
    const entries = keys.map((key) => this.#deps.machine.get(key));
    assertReadEntries(entries);
    return { ...this.#label(consistency), entries };
  }

  async #getLease({ leaseId, keysLimit, consistency }: GetLeaseStatusRequest): Promise<GetLeaseResult> {
    assertLeaseId(leaseId);
    assertScanLimit(keysLimit);
    await this.#freshen(consistency);
    const { machine, leases } = this.#deps;
    const stored = machine.lease(leaseId);
    const lease = stored === undefined ? undefined : leases.statusOf(stored);
    const { keyCount, keys } = machine.leaseKeys(leaseId, keysLimit);
    return { ...this.#label(consistency), lease, keyCount, keys: keysOfOnePage(keys) };
  }

  async #listLeases({ after, limit, consistency }: ListLeaseStatusesRequest): Promise<ListLeasesResult> {
    assertLeasePosition(after);
    assertScanLimit(limit);
    await this.#freshen(consistency);
    const { machine, leases } = this.#deps;
    const found = machine.leases(after, limit + 1);
    const page = found.slice(0, limit).map((lease) => leases.statusOf(lease));
    return { ...this.#label(consistency), leases: page, isTruncated: found.length > limit };
  }

  async #scan(request: ScanKeysRequest): Promise<ScanResult> {
    const { continuation, ...scan } = request;
    const query = scanQuery(continuation === undefined ? scan : { ...scan, continuation });
    await this.#freshen(request.consistency);
    const page = this.#deps.machine.scan(query);
    const result = { ...this.#label(request.consistency), ...page };
    const last = page.entries.at(-1);
    if (!page.isTruncated || last === undefined) return result;
    return { ...result, continuation: encodeContinuation({ after: last.key, reverse: query.reverse }) };
  }

  /** Elsewhere than on this thread, and from a snapshot that is no older than what a read here would see now. */
  async #query({ sql, parameters, consistency }: SqlQueryCallRequest, bearer: RequestBearer): Promise<SqlQueryResult> {
    const { machine, clock } = this.#deps;
    const { deadlineMs, keyPrefixes, signal } = bearer;
    assertSqlQuery(sql, parameters);
    assertSqlDeadline(deadlineMs);
    if (machine.sql === undefined) throw new AspenError("unsupported", "the state machine of this node has no SQL");
    const endMs = clock.nowMs() + deadlineMs;
    await this.#freshen(consistency);
    const appliedIndexMin = machine.appliedState.lastApplied.index;
    const remainingMs = Math.max(1, endMs - clock.nowMs());
    const reading = { sql, parameters, keyPrefixes, appliedIndexMin, deadlineMs: remainingMs, signal };
    return { consistency, ...(await machine.sql.read(reading)) };
  }

  async #freshen(consistency: ReadConsistency): Promise<void> {
    assertReadOptions({ consistency });
    switch (consistency) {
      case "linearizable":
        return this.#deps.raft.readIndex("quorum");
      case "lease":
        return this.#deps.raft.readIndex("lease");
      case "stale":
        return;
      default:
        return unreachable(consistency);
    }
  }

  #label(consistency: ReadConsistency): ReadLabel {
    const { machine } = this.#deps;
    return {
      consistency,
      appliedIndex: machine.appliedState.lastApplied.index,
      revision: machine.revision,
    };
  }
}

/** As many as an answer may hold. */
function keysOfOnePage(keys: readonly string[]): readonly string[] {
  let size = 0;
  const end = keys.findIndex((key) => {
    size += utf8ByteLength(key);
    return size > limits.scanPageBytesMax;
  });
  return end < 0 ? keys : keys.slice(0, end);
}
