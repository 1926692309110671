import { limits, type CallOptions, type SqlQueryRequest, type SqlQueryResult, type SqlStore } from "@aspenjs/api";
import type { CallDriver } from "./call-driver.ts";
import { sqlQueryRequest } from "./request-gate.ts";

export class RemoteSqlStore implements SqlStore {
  readonly #driver: CallDriver;

  constructor(driver: CallDriver) {
    this.#driver = driver;
  }

  /**
   * Asked once: a query is slow where it costs much, and a second node, asked after some silence, would do it all again.
   */
  async query(request: SqlQueryRequest, options: CallOptions = {}): Promise<SqlQueryResult> {
    const deadlineMs = options.deadlineMs ?? limits.sqlDeadlineMsDefault;
    const call = sqlQueryRequest(request, deadlineMs);
    return this.#driver.run({ ...options, deadlineMs, repeatability: "once" }, (pending) =>
      this.#driver.ask(pending, "query", () => call),
    );
  }
}
