/** The text of the file in which a node keeps who it is. */
import { AspenError, isNodeId } from "@aspenjs/api";

export interface IdentityRecord {
  readonly version: 1;
  readonly nodeId: string;
  readonly clusterId: string;
  readonly storeId: string;
  /** libp2p's protobuf form of the Ed25519 key, in base64. */
  readonly privateKey: string;
  readonly founding: string | null;
  /** The log was made: from now on a missing one is a loss, not a beginning. */
  readonly isLogExpected: boolean;
}

export function formatIdentityRecord(record: IdentityRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** @throws AspenError `corrupt`, or `unsupported` for another version */
export function parseIdentityRecord(path: string, text: string): IdentityRecord {
  let value: Partial<IdentityRecord> | null;
  try {
    value = JSON.parse(text) as Partial<IdentityRecord> | null;
  } catch (cause) {
    throw new AspenError("corrupt", `${path} is not JSON`, { cause });
  }
  if (typeof value !== "object" || value === null) throw new AspenError("corrupt", `${path} holds no record`);
  const { version, nodeId, clusterId, storeId, privateKey, founding, isLogExpected } = value;
  if (version !== 1) throw new AspenError("unsupported", `${path} is of a version that is not known here`);
  const isWhole =
    typeof nodeId === "string" &&
    isNodeId(Number(nodeId)) &&
    typeof clusterId === "string" &&
    typeof storeId === "string" &&
    typeof privateKey === "string" &&
    (founding === null || typeof founding === "string") &&
    typeof isLogExpected === "boolean";
  if (!isWhole) throw new AspenError("corrupt", `${path} is damaged`);
  return { version, nodeId, clusterId, storeId, privateKey, founding, isLogExpected };
}
