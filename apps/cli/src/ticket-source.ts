import { join, resolve } from "node:path";
import { limits } from "./limits.ts";
import { isMissingFile, readSmallFile } from "./small-file.ts";
import { UsageError } from "./usage-error.ts";

/** Where `aspen up` leaves the ticket of its cluster, inside of its data directory. */
export const TICKET_FILE_NAME = "ticket";
/** The data directory of `aspen up`, unless another one is named. */
export const DATA_DIRECTORY_DEFAULT = ".aspen";

export interface TicketOptions {
  readonly ticket: string | undefined;
  readonly ticketFile: string | undefined;
}

export interface TicketPlace {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

export interface FoundTicket {
  readonly text: string;
  /** For people who wonder why they are somewhere else than they thought. */
  readonly source: string;
}

/**
 * The ticket that is named closest to the command wins: `--ticket`, `--ticket-file`, `ASPEN_TICKET`, then the cluster
 * that `aspen up` runs in this directory.
 * @throws UsageError when there is none, saying where it was looked for
 */
export async function findTicket(options: TicketOptions, place: TicketPlace): Promise<FoundTicket> {
  const { workingDirectory, variables } = place;
  if (options.ticket !== undefined) return { text: options.ticket.trim(), source: "--ticket" };
  if (options.ticketFile !== undefined) {
    const text = await readTicketFile(resolve(workingDirectory, options.ticketFile));
    if (text === undefined) throw new UsageError(`there is no ticket file at ${options.ticketFile}`);
    return { text, source: `--ticket-file ${options.ticketFile}` };
  }
  const variable = variables["ASPEN_TICKET"];
  if (variable !== undefined && variable !== "") return { text: variable.trim(), source: "ASPEN_TICKET" };
  const profile = join(DATA_DIRECTORY_DEFAULT, TICKET_FILE_NAME);
  const text = await readTicketFile(join(workingDirectory, profile));
  if (text !== undefined) return { text, source: profile };
  throw new UsageError(
    `no ticket: give --ticket or --ticket-file, set ASPEN_TICKET, or run "aspen up" here (there is no ${profile})`,
  );
}

async function readTicketFile(path: string): Promise<string | undefined> {
  try {
    return (await readSmallFile(path, limits.ticketFileBytesMax)).trim();
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}
