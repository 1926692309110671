import { open } from "node:fs/promises";
import { UsageError } from "./usage-error.ts";

/**
 * Text of a file that has no business being large, without reading it whole when it is.
 * @throws UsageError when it is larger
 */
export async function readSmallFile(path: string, bytesMax: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1, 0);
    if (bytesRead > bytesMax) throw new UsageError(`${path} has more than ${bytesMax} bytes`);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
