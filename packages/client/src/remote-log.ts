import {
  AspenError,
  abandonedError,
  assertLogSubscription,
  type CallOptions,
  type LogSubscription,
  type LogSubscriptionRequest,
  type ReplicatedLog,
} from "@aspenjs/api";
import { deadlineOf } from "./pending-call.ts";
import { RemoteLogSubscription } from "./remote-log-subscription.ts";
import type { StreamWalkOptions } from "./stream-walk.ts";

export interface RemoteLogOptions extends StreamWalkOptions {
  readonly deadlineMsDefault: number;
}

export class RemoteLog implements ReplicatedLog {
  readonly #options: RemoteLogOptions;
  readonly #subscriptions = new Set<RemoteLogSubscription>();
  #isClosed = false;

  constructor(options: RemoteLogOptions) {
    this.#options = options;
  }

  async subscribe(request: LogSubscriptionRequest = {}, options?: CallOptions): Promise<LogSubscription> {
    assertLogSubscription(request);
    if (this.#isClosed) throw new AspenError("shutting_down", "the client is closed");
    const { signal } = options ?? {};
    const deadlineMs = deadlineOf(options, this.#options.deadlineMsDefault);
    if (signal?.aborted === true) throw abandonedError(signal);
    const subscription = new RemoteLogSubscription({
      request,
      clock: this.#options.clock,
      deadlineMs,
      signal,
      walk: this.#options,
      onEnded: (ended) => this.#subscriptions.delete(ended),
    });
    this.#subscriptions.add(subscription);
    subscription.start();
    return subscription.begun;
  }

  close(): void {
    this.#isClosed = true;
    const error = new AspenError("shutting_down", "the client was closed");
    for (const subscription of [...this.#subscriptions]) subscription.fail(error);
  }
}
