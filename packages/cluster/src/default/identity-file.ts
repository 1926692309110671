import { AspenError, type NodeId, type Random } from "@aspenjs/api";
import type { ClusterSecret } from "@aspenjs/protocol";
import { generateIdentity, readIdentity } from "@aspenjs/transport/libp2p";
import type { IdentityStore, NodeIdentity } from "../node-identity.ts";
import { clusterIdOf } from "./cluster-id.ts";
import { formatIdentityRecord, parseIdentityRecord, type IdentityRecord } from "./identity-record.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

export interface IdentityFileOptions {
  readonly path: string;
  readonly secret: ClusterSecret;
  readonly random: Random;
  /** For a first start; later it must be the same one. Drawn when not given. */
  readonly nodeId: NodeId | undefined;
}

/** A node's identity in one file of its data directory, readable by its owner alone. */
export class IdentityFile implements IdentityStore {
  readonly identity: NodeIdentity;
  readonly privateKey: Uint8Array;
  readonly #path: string;
  #record: IdentityRecord;

  private constructor(path: string, record: IdentityRecord) {
    this.#path = path;
    this.#record = record;
    this.privateKey = new Uint8Array(Buffer.from(record.privateKey, "base64"));
    this.identity = {
      nodeId: Number(record.nodeId),
      peerId: readIdentity(this.privateKey).peerId,
      storeId: record.storeId,
      clusterId: record.clusterId,
    };
  }

  /** @throws AspenError `corrupt`, `forbidden`, or `invalid_request` when the file is another node's */
  static async open(options: IdentityFileOptions): Promise<IdentityFile> {
    const text = await readPrivateFile(options.path);
    if (text === undefined) return IdentityFile.#create(options);
    const file = new IdentityFile(options.path, parseIdentityRecord(options.path, text));
    const { nodeId } = file.identity;
    if (options.nodeId !== undefined && options.nodeId !== nodeId) {
      throw new AspenError("invalid_request", `${options.path} is node ${nodeId}'s, not node ${options.nodeId}'s`);
    }
    return file;
  }

  static async #create({ path, secret, random, nodeId }: IdentityFileOptions): Promise<IdentityFile> {
    const { privateKey } = await generateIdentity();
    const record: IdentityRecord = {
      version: 1,
      nodeId: String(nodeId ?? drawNodeId(random)),
      clusterId: clusterIdOf(secret),
      storeId: Buffer.from(random.bytes(16)).toString("hex"),
      privateKey: Buffer.from(privateKey).toString("base64"),
      founding: null,
      isLogExpected: false,
    };
    await writePrivateFile(path, formatIdentityRecord(record));
    return new IdentityFile(path, record);
  }

  get founding(): string | undefined {
    return this.#record.founding ?? undefined;
  }

  get isLogExpected(): boolean {
    return this.#record.isLogExpected;
  }

  async recordFounding(digest: string): Promise<void> {
    await this.#update({ ...this.#record, founding: digest });
  }

  async recordLogMade(): Promise<void> {
    if (!this.#record.isLogExpected) await this.#update({ ...this.#record, isLogExpected: true });
  }

  async #update(record: IdentityRecord): Promise<void> {
    await writePrivateFile(this.#path, formatIdentityRecord(record));
    this.#record = record;
  }
}

/** 53 bits: two nodes of one cluster will not draw the same. */
function drawNodeId(random: Random): NodeId {
  return random.below(2 ** 32) * 2 ** 21 + random.below(2 ** 21 - 1) + 1;
}
