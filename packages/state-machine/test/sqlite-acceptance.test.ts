import { afterEach, describe, test } from "vitest";
import { stateMachineCases } from "../src/testing/index.ts";
import { SqliteSubject } from "./sqlite-subject.ts";

describe.each([
  ["with its maintenance thread", {}],
  ["with its maintenance inline and a checkpoint at every turn", { maintenance: "inline", checkpointAfterBytes: 1 }],
] as const)("the state machine on SQLite, %s", (_name, options) => {
  const subject = new SqliteSubject(options);
  afterEach(() => subject.dispose());

  for (const { name, run } of stateMachineCases) test(name, () => run(subject));
});
