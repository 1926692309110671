import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogStore } from "@aspenjs/api";
import { afterEach, describe, test } from "vitest";
import { openLmdbLogStore } from "../src/lmdb/index.ts";
import { logStoreCases, type LogStoreSubject } from "../src/testing/index.ts";
import { STORE_ID, storeOf } from "./temporary-log.ts";

class LmdbSubject implements LogStoreSubject {
  #directory = "";
  #store: LogStore | undefined;

  async open(): Promise<LogStore> {
    await this.dispose();
    this.#directory = await mkdtemp(join(tmpdir(), "aspen-log-"));
    this.#store = storeOf(await openLmdbLogStore({ directory: this.#directory, storeId: STORE_ID }));
    return this.#store;
  }

  async reopen(): Promise<LogStore> {
    await this.#store?.close();
    const options = { directory: this.#directory, storeId: STORE_ID, mustExist: true };
    this.#store = storeOf(await openLmdbLogStore(options));
    return this.#store;
  }

  async dispose(): Promise<void> {
    await this.#store?.close();
    if (this.#directory !== "") await rm(this.#directory, { recursive: true, maxRetries: 5 });
    this.#directory = "";
  }
}

describe("LMDB log store", () => {
  const subject = new LmdbSubject();
  afterEach(() => subject.dispose());
  for (const { name, run } of logStoreCases) test(name, () => run(subject));
});
