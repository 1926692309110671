import { expect, test } from "vitest";
import { AspenError } from "../src/aspen-error.ts";
import type { ErrorCode } from "../src/error-code.ts";
import type { KeyValueStore } from "../src/key-value-store.ts";
import type { WriteCommand, WriteResult, WriteResultOf } from "../src/write-command.ts";
import { failingCases } from "../src/testing/failing-cases.ts";
import { keyValueStoreCases } from "../src/testing/key-value-store-cases.ts";
import type { KeyValueStoreSubject } from "../src/testing/key-value-store-subject.ts";
import { memorySubject } from "./memory-subject.ts";

type Call<Name extends Exclude<keyof KeyValueStore, "write">> = (
  request: NonNullable<Parameters<KeyValueStore[Name]>[0]>,
  store: KeyValueStore,
) => ReturnType<KeyValueStore[Name]>;

/** What a faulty store does instead of passing a call on. */
export interface StoreFault {
  readonly write?: (command: WriteCommand, store: KeyValueStore) => Promise<WriteResult>;
  readonly get?: Call<"get">;
  readonly getMulti?: Call<"getMulti">;
  readonly scan?: Call<"scan">;
  readonly keepLeaseAlive?: Call<"keepLeaseAlive">;
  readonly getLease?: Call<"getLease">;
  readonly listLeases?: Call<"listLeases">;
  readonly watch?: Call<"watch">;
}

/** A fault that a real store could have, the case that is there to find it, and a new store that has it. */
export type StoreMutant = readonly [fault: string, finder: RegExp, newFault: () => StoreFault];

export function mutantSubject(fault: StoreFault): KeyValueStoreSubject {
  return memorySubject((store) => ({
    async write<Command extends WriteCommand>(command: Command): Promise<WriteResultOf<Command>> {
      const result = fault.write === undefined ? store.write(command) : fault.write(command, store);
      return (await result) as WriteResultOf<Command>;
    },
    get: (request) => fault.get?.(request, store) ?? store.get(request),
    getMulti: (request) => fault.getMulti?.(request, store) ?? store.getMulti(request),
    scan: (request) => fault.scan?.(request, store) ?? store.scan(request),
    keepLeaseAlive: (leaseId) => fault.keepLeaseAlive?.(leaseId, store) ?? store.keepLeaseAlive(leaseId),
    getLease: (request) => fault.getLease?.(request, store) ?? store.getLease(request),
    listLeases: (request = {}) => fault.listLeases?.(request, store) ?? store.listLeases(request),
    watch: (request, options) => fault.watch?.(request, store) ?? store.watch(request, options),
  }));
}

type CommandOf<Kind extends WriteCommand["kind"]> = Extract<WriteCommand, { kind: Kind }>;

/** What is done with commands of one kind instead; others pass. */
export function inCommands<Kind extends WriteCommand["kind"]>(
  kind: Kind,
  change: (command: CommandOf<Kind>, store: KeyValueStore) => Promise<WriteResult>,
): () => StoreFault {
  const isChanged = (command: WriteCommand): command is CommandOf<Kind> => command.kind === kind;
  return () => ({
    write: async (command, store) => (isChanged(command) ? await change(command, store) : await store.write(command)),
  });
}

/** Hands the call on, unless the code is met: then this happens instead. */
export async function onRefusal<Result>(
  call: Promise<Result>,
  code: ErrorCode,
  otherwise: () => Promise<Result>,
): Promise<Result> {
  return await call.catch(async (error: unknown) => {
    if (!AspenError.isCode(error, code)) throw error;
    return await otherwise();
  });
}

/** One test for each mutant: the case that is there to find it must fail. */
export function testMutants(mutants: readonly StoreMutant[]): void {
  test.each(mutants)("finds a store that %s", async (_fault, finder, newFault) => {
    const cases = keyValueStoreCases.filter(({ name }) => finder.test(name));
    expect(cases.map(({ name }) => name)).toHaveLength(1);
    expect(await failingCases(cases, () => mutantSubject(newFault()))).toHaveLength(1);
  });
}
