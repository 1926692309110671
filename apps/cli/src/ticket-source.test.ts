import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findTicket } from "./ticket-source.ts";
import { UsageError } from "./usage-error.ts";

let workingDirectory: string;

beforeEach(async () => {
  workingDirectory = await mkdtemp(join(tmpdir(), "aspen-cli-"));
  await mkdir(join(workingDirectory, ".aspen"));
  await writeFile(join(workingDirectory, ".aspen/ticket"), "of the profile\n");
  await writeFile(join(workingDirectory, "file"), "  of the file\n");
});

afterEach(async () => {
  await rm(workingDirectory, { recursive: true });
});

const NOTHING = { ticket: undefined, ticketFile: undefined };

test("what is named closest to the command wins, and says where it came from", async () => {
  const variables = { ASPEN_TICKET: "of the environment" };
  const place = { variables, workingDirectory };
  expect(await findTicket({ ticket: "given", ticketFile: undefined }, place)).toEqual({
    text: "given",
    source: "--ticket",
  });
  expect(await findTicket({ ticket: undefined, ticketFile: "file" }, place)).toEqual({
    text: "of the file",
    source: "--ticket-file file",
  });
  expect(await findTicket(NOTHING, place)).toEqual({ text: "of the environment", source: "ASPEN_TICKET" });
  expect(await findTicket(NOTHING, { variables: {}, workingDirectory })).toEqual({
    text: "of the profile",
    source: ".aspen/ticket",
  });
  expect(await findTicket(NOTHING, { variables: { ASPEN_TICKET: "" }, workingDirectory })).toMatchObject({
    source: ".aspen/ticket",
  });
});

test("a named file that is missing is an error, not a reason to take another ticket", async () => {
  const place = { variables: { ASPEN_TICKET: "of the environment" }, workingDirectory };
  await expect(findTicket({ ticket: undefined, ticketFile: "missing" }, place)).rejects.toThrow(UsageError);
});

test("a file that cannot be a ticket is not read whole", async () => {
  await writeFile(join(workingDirectory, "file"), "x".repeat(100_000));
  const place = { variables: {}, workingDirectory };
  await expect(findTicket({ ticket: undefined, ticketFile: "file" }, place)).rejects.toThrow(/more than 65536 bytes/);
});
