/** Instants are microseconds since the epoch, from the clock that every process of the machine shares. */
interface Timed {
  readonly startedMicros: number;
  /** Infinity when the process died in the call. */
  readonly endedMicros: number;
}

/** A system call that changed the disk, or made a change of it durable. Paths are absolute. */
export type DiskCall = Timed &
  (
    | { readonly kind: "create"; readonly path: string }
    | { readonly kind: "makeDirectory"; readonly path: string }
    | { readonly kind: "rename"; readonly from: string; readonly to: string }
    | { readonly kind: "link"; readonly from: string; readonly to: string }
    | { readonly kind: "unlink"; readonly path: string }
    /** `isSynced`: durable when the call returns. */
    | {
        readonly kind: "write";
        readonly path: string;
        readonly offset: number;
        readonly bytes: Uint8Array;
        readonly isSynced: boolean;
      }
    | {
        readonly kind: "copy";
        readonly from: string;
        readonly fromOffset: number;
        readonly path: string;
        readonly offset: number;
        readonly byteLength: number;
      }
    | { readonly kind: "truncate"; readonly path: string; readonly byteLength: number }
    | { readonly kind: "sync"; readonly path: string }
  );
