import { mkdirSync } from "node:fs";
import { AspenError, AssertionFailure } from "@aspenjs/api";
import { expect, test } from "vitest";
import { failureText } from "./failure-text.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("what was refused is told with its causes, without a stack", () => {
  const cause = new AspenError("unavailable", "the address is taken", {
    cause: { code: "io_failed", message: "EINUSE" },
  });
  expect(failureText(new AspenError("unavailable", "cannot listen", { cause }))).toBe(
    "aspen-node: unavailable: cannot listen\n  because: unavailable: the address is taken\n  because: EINUSE\n",
  );
});

test("what the system refused names the path, without a stack", () => {
  const error = thrownBy(() => mkdirSync("/dev/null/x"));
  expect(failureText(error)).toBe("aspen-node: ENOTDIR: not a directory, mkdir '/dev/null/x'\n");
});

test("a bug comes with its stack", () => {
  const text = failureText(new AssertionFailure("the log has no holes"));
  expect(text).toMatch(/^aspen-node: internal: .*the log has no holes\n\s+at /);
});
