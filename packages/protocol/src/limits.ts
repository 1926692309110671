import { assert, limits } from "@aspenjs/api";
import { COMMAND_RESULT_BYTES_MAX } from "./command-result.ts";
import { LOG_COMMAND_BYTES_MAX } from "./log-command.ts";

const KIB = 1_024;
/** Heads and fixed fields beside the large part of a message. */
const MESSAGE_OVERHEAD_BYTES_MAX = 4 * KIB;
/** Heads, revisions and version of one entry in a page, beside its key and value. */
const ENTRY_OVERHEAD_BYTES_MAX = 48;

/** The list, key and value as four each, and three numbers. */
const ENTRY_CELLS = 12;
/** Everything of an answer that stands beside the entries of its page. */
const ANSWER_CELLS = 32;

const TICKET_ADDRESSES_MAX = 16;
const TICKET_KEY_PREFIXES_MAX = 16;
const TICKET_BYTES_MAX = 32 * KIB;

/** Bounds of the messages of this package. Beyond one, a message is refused whole. */
export const protocolLimits = {
  /** What a request may ask its node to spend on it. */
  deadlineMsMax: 3_600_000,
  clientRequestBytesMax: LOG_COMMAND_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX,
  clientAnswerBytesMax: COMMAND_RESULT_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX,
  /** A full page has this many cells, where other messages of its size have fewer. */
  clientAnswerCellsMax: 131_072,
  clusterMessageBytesMax: 1_024 * KIB,
  admissionMessageBytesMax: KIB,
  /** A bound of a range may name the place right behind a key. */
  rangeBoundBytesMax: 2 * limits.keyBytesMax,
  /** Opaque text made of one key. */
  continuationBytesMax: 4 * limits.keyBytesMax,
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
  limits.scanPageBytesMax + limits.scanLimitMax * ENTRY_OVERHEAD_BYTES_MAX <= protocolLimits.clientAnswerBytesMax,
  "the largest page fits an answer",
);
assert(
  limits.scanLimitMax * ENTRY_CELLS + ANSWER_CELLS <= protocolLimits.clientAnswerCellsMax,
  "the page of the most entries has no more cells than an answer",
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
assert(TICKET_ADDRESSES_MAX <= limits.nodeAddressesMax, "the addresses of a ticket could be those of one node");
assert(
  limits.peersMax * (limits.nodeAddressesMax * (limits.addressBytesMax + 3) + protocolLimits.peerIdBytesMax + 64) <=
    protocolLimits.clusterMessageBytesMax,
  "a full membership fits a message between nodes",
);
