import {
  assertWriteCommand,
  changesKeyTwice,
  COMPARE_OPERATORS,
  limits as apiLimits,
  NUMBER_TARGETS,
  type Compare,
  type TransactionCommand,
  type TransactionOperation,
} from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf } from "@aspenjs/fuzz/text-bytes";
import fc from "fast-check";
import { limits } from "../../src/limits.ts";
import { TransactionReader } from "../../src/transaction/transaction-reader.ts";
import { UsageError } from "../../src/usage-error.ts";
import { transactionText } from "../transaction-text.ts";

const LINE_FEED = 0x0a;

const EXAMPLE = `
value("a") = "text"
mod("a") > "0"
createRevision('b') != 7
lease("a") < "12"

put a "\\x00\\xff" --lease=12
put 'b c' d\\ e --ttl=1.5s --prev-kv
get a
get "" --prefix --limit=5 --keys-only
del "\\u00e9\\n" --prefix

get a b --count-only --reverse
del -- -a
put é "\\U0001f600\\101"
`;

const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }).filter((text) => !text.startsWith("\u0000"));
const bytes = fc.uint8Array({ maxLength: 8 });
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const operator = fc.constantFrom(...COMPARE_OPERATORS);
const rangeStart = fc.oneof(key, fc.constant(""));
const yes = fc.constant(true);
const plain = { noNullPrototype: true } as const;
const range = fc.oneof(
  fc.record({ kind: kind("prefix"), prefix: rangeStart }, plain),
  fc.record({ kind: kind("range"), start: rangeStart, end: key }, plain),
);
const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({ target: kind("value"), key, operator, value: bytes }, plain),
  fc.record({ target: fc.constantFrom(...NUMBER_TARGETS), key, operator, number }, plain),
);
const operation: fc.Arbitrary<TransactionOperation> = fc.oneof(
  fc.record({ kind: kind("get"), key }, plain),
  fc.record(
    { kind: kind("set"), key, value: bytes, leaseId: fc.integer({ min: 1 }), returnPrevious: yes },
    { requiredKeys: ["kind", "key", "value"], ...plain },
  ),
  fc.record(
    { kind: kind("set"), key, value: bytes, ttlMs: fc.integer({ min: 100 }), returnPrevious: yes },
    { requiredKeys: ["kind", "key", "value", "ttlMs"], ...plain },
  ),
  fc.record({ kind: kind("delete"), key, returnPrevious: yes }, { requiredKeys: ["kind", "key"], ...plain }),
  fc.record({ kind: kind("deleteRange"), range, returnPrevious: yes }, { requiredKeys: ["kind", "range"], ...plain }),
  fc.record(
    {
      kind: kind("scan"),
      range,
      limit: fc.integer({ min: 0, max: apiLimits.scanLimitMax }),
      reverse: yes,
      keysOnly: yes,
    },
    { requiredKeys: ["kind", "range"], ...plain },
  ),
);
const branch = fc.array(operation, { maxLength: 4 }).filter((operations) => !changesKeyTwice(operations));

export const target = defineTarget<TransactionCommand>({
  name: "cli/transaction",
  decodes: "a transaction on standard input, in etcdctl's form",
  covers: ["parseCompare", "parseOperation", "parseLeaseId", "parseTimeToLive"],
  frameBytesMax: limits.transactionTextBytesMax,
  seeds: () => [EXAMPLE.slice(1), "\nput a b\n\n", "\n\nget a\n\n\n", 'version("k") = 0\n\nput k "\\t"'].map(bytesOf),
  dictionary: [
    ..."\n \n\n \t \r\n ( ) \" ' \\ \\x \\u \\U \\ud800 = != == < > -- --prefix --prefix=1 --lease= --ttl= --limit= --prev".split(
      " ",
    ),
    ..."value mod create version lease modRevision put get del 9007199254740992 1e3 0x1 \ud800".split(" "),
  ].map(bytesOf),
  values: fc
    .record(
      {
        kind: kind("transaction"),
        compares: fc.array(compare, { maxLength: 4 }),
        success: branch,
        failure: branch,
      },
      plain,
    )
    .filter(({ compares, success, failure }) => compares.length + success.length + failure.length > 0),
  decode: throwing((text) => {
    const reader = new TransactionReader();
    for (const line of linesOf(text)) reader.line(line);
    return reader.finish();
  }, UsageError),
  encode: { form: "normal", write: (command) => bytesOf(transactionText(command)) },
  check: assertWriteCommand,
  canaries: [
    {
      name: "a key that no gate has seen",
      file: "apps/cli/src/transaction/checked-word.ts",
      find: "  checked(scanner, word.at, () => assertUserKey(key));\n",
      replace: "",
    },
    {
      name: "a character that there is not",
      file: "apps/cli/src/transaction/line-scanner.ts",
      find: "codePoint <= 0x10_ff_ff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)",
      replace: "codePoint >= 0",
    },
    {
      name: "one key changed twice",
      file: "apps/cli/src/transaction/transaction-reader.ts",
      find: "    for (const branch of [success, failure]) assertChangesOnce(branch);\n",
      replace: "",
    },
    {
      name: "an error that is no refusal",
      file: "apps/cli/src/lease-text.ts",
      find: "leaseId <= limits.leaseIdMax) return leaseId;\n  throw new UsageError(",
      replace: "leaseId <= limits.leaseIdMax) return leaseId;\n  throw new Error(",
    },
  ],
});

function kind<Kind extends string>(name: Kind): fc.Arbitrary<Kind> {
  return fc.constant(name);
}

/** As they come from a stream: the last one may lack its line feed. */
function* linesOf(text: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  for (let end = text.indexOf(LINE_FEED); end !== -1; end = text.indexOf(LINE_FEED, start)) {
    yield text.subarray(start, end);
    start = end + 1;
  }
  if (start < text.byteLength) yield text.subarray(start);
}
