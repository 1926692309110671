import { AspenError, type Random } from "@aspenjs/api";
import { ClusterSecret } from "@aspenjs/protocol";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

/** @throws AspenError `not_found`, `forbidden`, `invalid_request` */
export async function readSecretFile(path: string): Promise<ClusterSecret> {
  const text = await readPrivateFile(path);
  if (text === undefined) throw new AspenError("not_found", `there is no cluster secret at ${path}`);
  return ClusterSecret.parse(text);
}

/** The secret in the file, or a fresh one that is there from now on. */
export async function readOrCreateSecretFile(path: string, random: Random): Promise<ClusterSecret> {
  const text = await readPrivateFile(path);
  if (text !== undefined) return ClusterSecret.parse(text);
  const secret = ClusterSecret.generate(random);
  await writePrivateFile(path, `${secret.format()}\n`);
  return secret;
}
