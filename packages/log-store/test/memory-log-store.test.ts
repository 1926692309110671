import type { LogStore } from "@aspenjs/api";
import { describe, test } from "vitest";
import { createMemoryLogStore, MemoryDisk } from "../src/memory/index.ts";
import { logStoreCases, type LogStoreSubject } from "../src/testing/index.ts";
import { STORE_ID, storeOf } from "./temporary-log.ts";

class MemorySubject implements LogStoreSubject {
  #disk = new MemoryDisk();
  #store: LogStore | undefined;

  async open(): Promise<LogStore> {
    this.#disk = new MemoryDisk();
    this.#store = storeOf(await createMemoryLogStore({ disk: this.#disk, storeId: STORE_ID }));
    return this.#store;
  }

  async reopen(): Promise<LogStore> {
    await this.#store?.close();
    this.#store = storeOf(await createMemoryLogStore({ disk: this.#disk, storeId: STORE_ID, mustExist: true }));
    return this.#store;
  }
}

describe("memory log store", () => {
  for (const { name, run } of logStoreCases) test(name, () => run(new MemorySubject()));
});
