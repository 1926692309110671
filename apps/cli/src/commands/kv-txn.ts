import type { TransactionCommand } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { EXIT_CODES, type ExitCode } from "../exit-code.ts";
import { examples } from "../help.ts";
import type { Host } from "../host.ts";
import type { Invocation } from "../invocation.ts";
import { limits } from "../limits.ts";
import { readLines } from "../line-reader.ts";
import { overlongTransaction, TransactionReader, type TransactionSection } from "../transaction/transaction-reader.ts";
import { transactionReport, truncatedResults } from "../transaction/transaction-view.ts";

/** What a terminal is shown before each part, in etcdctl's words. */
const PROMPTS: Readonly<Record<TransactionSection, string>> = {
  compares: "compares:\n",
  success: "success requests (get, put, del):\n",
  failure: "failure requests (get, put, del):\n",
};

const FORM_HELP = `
Three parts, with an empty line behind each; the end of the input ends the last one, too:

  compares    value("KEY") = "TEXT"; version, create, mod, lease ("KEY") = "NUMBER"; operators = != < >
              A key that does not exist has the number 0 everywhere, and no value: no compare of it holds.
  success     operations for when all compares hold, as they do when there are none
  failure     operations for when one does not

  put KEY VALUE [--lease=ID | --ttl=DURATION] [--prev-kv]
  get KEY [RANGE_END | --prefix] [--limit=N] [--keys-only] [--count-only] [--reverse]
  del KEY [RANGE_END | --prefix] [--prev-kv]

Words are quoted as in a shell. Within double quotes there are \\n, \\t, \\", \\\\, \\xHH, \\u00e9 and the like; \\xHH is
a byte, so a value may be of any bytes. What begins with a dash and is no flag comes after --.
`;

export function kvTxnCommand(runner: CommandRunner): Command {
  return new Command("txn")
    .summary("compare, then read and write, all at once")
    .description(
      "Reads a transaction from standard input in the form of etcdctl: compares, and operations for when all of them\n" +
        "hold and for when they do not. One branch runs, wholly and at one revision. Ends with 3 when it was the second.",
    )
    .addHelpText(
      "after",
      `${FORM_HELP}${examples(
        ["aspen kv txn", "asks for the parts one by one"],
        ["aspen kv txn < transaction.txt", ""],
        [
          `printf 'version("job") = "0"\\n\\nput job mine --ttl=30s\\n\\nget job\\n' | aspen kv txn`,
          "take it, or see who has",
        ],
      )}`,
    )
    .action((_options: object, command: Command) =>
      runner.run(command, async (invocation) => runTransaction(invocation, await readTransaction(invocation.host))),
    );
}

async function runTransaction(invocation: Invocation, command: TransactionCommand): Promise<ExitCode> {
  const result = await invocation.withClient(({ store }) => store.write(command));
  await invocation.print(transactionReport(command, result));
  for (const number of truncatedResults(result)) {
    invocation.hint(`result ${number} is not all there is; more follow: a larger --limit`);
  }
  return result.succeeded ? EXIT_CODES.ok : EXIT_CODES.negative;
}

/**
 * A terminal is read up to the end of the transaction, everything else up to its own end.
 * @throws UsageError
 */
async function readTransaction({ terminal }: Host): Promise<TransactionCommand> {
  const { input, errors } = terminal;
  const reader = new TransactionReader();
  let prompted: TransactionSection | undefined;
  const prompt = async (): Promise<void> => {
    const { section } = reader;
    if (!input.isTty || section === undefined || section === prompted) return;
    prompted = section;
    await errors.write(PROMPTS[section]);
  };
  await prompt();
  for await (const line of readLines(input.chunks(), limits.transactionTextBytesMax)) {
    if (line.kind === "overlong") throw overlongTransaction();
    reader.line(line.bytes);
    if (input.isTty && reader.section === undefined) break;
    await prompt();
  }
  return reader.finish();
}
