import { assert, limits } from "@aspenjs/api";

const KIB = 1_024;
/** Heads and fixed fields beside the large part of a message. */
const MESSAGE_OVERHEAD_BYTES_MAX = 4 * KIB;
/** Heads, revisions, version and lease of one entry, beside its key and value. */
const ENTRY_OVERHEAD_BYTES_MAX = 48;
/** The list, key and value as four each, and four numbers. */
const ENTRY_CELLS = 13;
/** Everything of an answer that stands beside the entries of its page. */
const ANSWER_CELLS = 32;
/** Head of an integer and the integer, at most. */
const INTEGER_BYTES_MAX = 9;

/** Heads and flags of one item of a multi command or a transaction, beside its keys and values. */
const ITEM_OVERHEAD_BYTES_MAX = 32;
/** Room for these heads, beside all keys and values of one command. */
const COMMAND_OVERHEAD_BYTES_MAX = 64 * KIB;
/** No encoded command is longer. */
export const LOG_COMMAND_BYTES_MAX = limits.commandBytesMax + COMMAND_OVERHEAD_BYTES_MAX;

/** Heads and numbers of what one operation of a transaction came to, beside its entries. */
const OPERATION_OVERHEAD_BYTES_MAX = 32;
const OPERATION_CELLS = 5;
const RESULT_OVERHEAD_BYTES_MAX = 256;
const RESULT_CELLS = 16;

/** No encoded result is longer: keys and values, and the heads of as many entries and operations as it may have. */
export const COMMAND_RESULT_BYTES_MAX =
  limits.resultBytesMax +
  limits.resultEntriesMax * ENTRY_OVERHEAD_BYTES_MAX +
  limits.transactionItemsMax * OPERATION_OVERHEAD_BYTES_MAX +
  RESULT_OVERHEAD_BYTES_MAX;

/** What `decodeRow` is told of a row that is a result: with its many entries it has more cells than other rows. */
export const COMMAND_RESULT_CELLS_MAX =
  limits.resultEntriesMax * ENTRY_CELLS + limits.transactionItemsMax * OPERATION_CELLS + RESULT_CELLS;

const TICKET_ADDRESSES_MAX = 16;
const TICKET_KEY_PREFIXES_MAX = 16;
const TICKET_BYTES_MAX = 32 * KIB;

const WATCH_CHANGE_OVERHEAD_BYTES = 2 * ENTRY_OVERHEAD_BYTES_MAX + 8;
/** One change with its key, value and what was there before. */
const WATCH_CHANGE_BYTES_MAX = 2 * (limits.keyBytesMax + limits.valueBytesMax) + WATCH_CHANGE_OVERHEAD_BYTES;
const WATCH_PART_BYTES = 256 * KIB;
const WATCH_PART_CHANGES_MAX = 1_000;

/** What cutting the ranges of one transaction to the prefixes of a subscription may add: two bounds for each. */
const LOG_CUT_BYTES_MAX = limits.transactionItemsMax * 2 * (limits.keyBytesMax + 8);

/** Bounds of the messages of this package. Beyond one, a message is refused whole. */
export const protocolLimits = {
  /** What a request may ask its node to spend on it. */
  deadlineMsMax: 3_600_000,
  clientRequestBytesMax: LOG_COMMAND_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX,
  clientAnswerBytesMax: COMMAND_RESULT_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX,
  /** The largest result and a full page have more cells than other messages of their size. */
  clientAnswerCellsMax: COMMAND_RESULT_CELLS_MAX + ANSWER_CELLS,
  clusterMessageBytesMax: 1_024 * KIB,
  admissionMessageBytesMax: KIB,
  rangeBoundBytesMax: limits.rangeBoundBytesMax,
  /** Opaque text made of one key. */
  continuationBytesMax: 4 * limits.keyBytesMax,
  /** Leases that one action of the log may name. */
  leaseBatchMax: 10_000,
  watchAskBytesMax: 2 * limits.rangeBoundBytesMax + KIB,
  /** A part of a revision ends with the change that makes it this long, or with this many changes. */
  watchPartBytes: WATCH_PART_BYTES,
  watchPartChangesMax: WATCH_PART_CHANGES_MAX,
  watchChangeOverheadBytes: WATCH_CHANGE_OVERHEAD_BYTES,
  watchTellBytesMax: WATCH_PART_BYTES + WATCH_CHANGE_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX,
  watchTellCellsMax: WATCH_PART_CHANGES_MAX * (2 * ENTRY_CELLS + 4) + ANSWER_CELLS,
  logAskBytesMax: limits.logKeyPrefixesMax * (limits.keyBytesMax + 3) + KIB,
  /** Keys, values and bounds of a transaction whose ranges were cut. */
  logTransactionBytesMax: limits.commandBytesMax + LOG_CUT_BYTES_MAX,
  logTellBytesMax: LOG_COMMAND_BYTES_MAX + LOG_CUT_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX,
  clusterIdBytesMax: 128,
  peerIdBytesMax: limits.peerIdBytesMax,
  refusalTextBytesMax: 512,
  /** How far a client may number its writes beyond what it has acknowledged. */
  sessionWindowMax: 1_024,
  nonceBytes: 32,
  proofBytes: 32,
  secretBytesMin: 32,
  secretBytesMax: 1_024,
  ticketAddressesMax: TICKET_ADDRESSES_MAX,
  ticketKeyPrefixesMax: TICKET_KEY_PREFIXES_MAX,
  ticketIdBytes: 16,
  ticketTtlMsMax: 10 * 366 * 86_400_000,
  ticketBytesMax: TICKET_BYTES_MAX,
  /** Base32 holds 5 bits a character; the kind comes first. */
  ticketTextBytesMax: Math.ceil((TICKET_BYTES_MAX * 8) / 5) + 16,
} as const;

assert(
  Math.max(limits.batchItemsMax, limits.transactionItemsMax) * ITEM_OVERHEAD_BYTES_MAX + 256 <=
    COMMAND_OVERHEAD_BYTES_MAX,
  "the heads of a full multi command or transaction fit a command",
);
assert(
  protocolLimits.leaseBatchMax * INTEGER_BYTES_MAX + 256 <= LOG_COMMAND_BYTES_MAX,
  "an action on as many leases as it may name fits a command",
);
assert(
  limits.leasesMax * INTEGER_BYTES_MAX + RESULT_OVERHEAD_BYTES_MAX <= COMMAND_RESULT_BYTES_MAX &&
    limits.leasesMax + RESULT_CELLS <= COMMAND_RESULT_CELLS_MAX,
  "a result that names every lease fits its bounds",
);
assert(
  limits.sqlResultWeightMax + ANSWER_CELLS <= protocolLimits.clientAnswerCellsMax &&
    limits.sqlResultBytesMax + RESULT_OVERHEAD_BYTES_MAX <= protocolLimits.clientAnswerBytesMax,
  "the largest result of a query fits an answer: the bytes that count for each cell hold its head",
);
assert(
  limits.sqlTextBytesMax + 2 * limits.sqlParameterBytesMax + limits.sqlParametersMax * 16 + KIB <=
    protocolLimits.clientRequestBytesMax,
  "a query with the largest parameters fits a request",
);
assert(protocolLimits.leaseBatchMax <= limits.leasesMax, "a result may name every lease of an action");
assert(
  limits.scanPageBytesMax +
    limits.scanLimitMax * ENTRY_OVERHEAD_BYTES_MAX +
    protocolLimits.continuationBytesMax +
    RESULT_OVERHEAD_BYTES_MAX <=
    protocolLimits.clientAnswerBytesMax,
  "the largest page fits an answer",
);
assert(
  limits.scanLimitMax * ENTRY_CELLS + ANSWER_CELLS <= protocolLimits.clientAnswerCellsMax,
  "the page of the most entries has no more cells than an answer",
);
assert(
  limits.scanLimitMax * 4 * INTEGER_BYTES_MAX + RESULT_OVERHEAD_BYTES_MAX <= protocolLimits.clientAnswerBytesMax,
  "a page of leases fits an answer; the keys of one do as those of a page of entries do",
);
assert(
  limits.batchItemsMax * (limits.keyBytesMax + 3) + KIB <= protocolLimits.clientRequestBytesMax,
  "a read of as many keys as may be fits a request",
);
assert(
  TICKET_ADDRESSES_MAX * (limits.addressBytesMax + 3) + TICKET_KEY_PREFIXES_MAX * (limits.keyBytesMax + 3) + 2 * KIB <=
    TICKET_BYTES_MAX,
  "a full ticket fits its bound",
);
assert(
  TICKET_BYTES_MAX + KIB <= protocolLimits.clientRequestBytesMax,
  "a greeting with a full ticket is a legal request",
);
assert(TICKET_KEY_PREFIXES_MAX <= limits.logKeyPrefixesMax, "a subscription may name every prefix of its ticket");
assert(TICKET_ADDRESSES_MAX <= limits.nodeAddressesMax, "the addresses of a ticket could be those of one node");
assert(
  limits.peersMax * (limits.nodeAddressesMax * (limits.addressBytesMax + 3) + protocolLimits.peerIdBytesMax + 64) <=
    protocolLimits.clusterMessageBytesMax,
  "a full membership fits a message between nodes",
);
