import { createMemoryLogStore } from "@aspenjs/log-store/memory";
import { createMemoryStateMachine } from "@aspenjs/state-machine/memory";

let preparation: Promise<void> | undefined;

/** Compiles the hash functions, once per process: nothing that happens in a world may wait for a compiler. */
export function prepareProcess(): Promise<void> {
  preparation ??= prepare();
  return preparation;
}

async function prepare(): Promise<void> {
  const opened = await createMemoryLogStore({ storeId: "preparation" });
  if (opened.kind === "opened") await opened.store.close();
  const machine = createMemoryStateMachine();
  await machine.checksum();
  await machine.close();
}
