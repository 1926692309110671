import { open, rename, rm, stat } from "node:fs/promises";
import { isMissingFile } from "./small-file.ts";

/** A file that is there under its name only once it is whole and on disk. */
export interface ExportFile {
  write(text: string): Promise<void>;
  finish(): Promise<void>;
  /** What was there before stays. */
  discard(): Promise<void>;
}

export async function openExportFile(path: string): Promise<ExportFile> {
  // A pipe or a device cannot be replaced; it gets the text as it comes.
  const stagedPath = (await isReplaceable(path)) ? `${path}.partial` : path;
  const file = await open(stagedPath, "w");
  return {
    write: async (text) => {
      await file.writeFile(text);
    },
    finish: async () => {
      if (stagedPath !== path) await file.sync();
      await file.close();
      if (stagedPath !== path) await rename(stagedPath, path);
    },
    discard: async () => {
      await file.close();
      if (stagedPath !== path) await rm(stagedPath, { force: true });
    },
  };
}

async function isReplaceable(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isMissingFile(error)) return true;
    throw error;
  }
}
