import type { AcceptanceCase } from "@aspenjs/api/testing";
import { connectionCases } from "./connection-cases.ts";
import { messageCases } from "./message-cases.ts";
import { requestCases } from "./request-cases.ts";
import { streamCases } from "./stream-cases.ts";
import type { TransportHarness } from "./transport-harness.ts";

/** What every backend of the transport must do. */
export const transportCases: readonly AcceptanceCase<TransportHarness>[] = [
  ...requestCases,
  ...messageCases,
  ...streamCases,
  ...connectionCases,
];
