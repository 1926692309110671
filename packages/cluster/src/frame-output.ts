import { AspenError, type Clock, type TransportStream } from "@aspenjs/api";
import { joinFrames } from "@aspenjs/protocol";
import { limits } from "./limits.ts";

export interface FrameOutputDeps {
  readonly stream: TransportStream;
  readonly clock: Clock;
  readonly isEnded: () => boolean;
}

/**
 * Resolves when the client has room for the last of the frames. When all that waits for a client, on whatever stream,
 * fills its queue, they are tried again. @throws AspenError the stream's end
 */
export async function writeFrames(frames: readonly Uint8Array[], deps: FrameOutputDeps): Promise<void> {
  const bytes = joinFrames(frames);
  for (let at = 0; at < bytes.byteLength; at += limits.streamChunkBytesMax) {
    await writeChunk(bytes.subarray(at, at + limits.streamChunkBytesMax), deps);
  }
}

async function writeChunk(chunk: Uint8Array, { stream, clock, isEnded }: FrameOutputDeps): Promise<void> {
  for (;;) {
    try {
      return await stream.write(chunk);
    } catch (error) {
      const isFull = error instanceof AspenError && error.code === "resource_exhausted";
      if (!isFull || isEnded()) throw error;
      await new Promise<void>((resolve) => void clock.setTimer(limits.streamRetryMs, resolve));
    }
  }
}
