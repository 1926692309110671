import { YamuxStream } from "@libp2p/yamux/stream";
import type { Stream } from "@libp2p/interface";

/** Half of the smallest window that Yamux allows: a sender that keeps sending never sees the window close. */
const GRANT_BYTES = 128 * 1_024;

/**
 * Yamux as libp2p brings it answers every data frame with a window update, which is a whole encrypted message of its
 * own. The protocol asks for no such thing: one for every `GRANT_BYTES` keeps the sender as busy. Measured figures
 * are in the README; another muxer is left as it is.
 */
export function quietWindow(stream: Stream): void {
  if (!(stream instanceof YamuxStream)) return;
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream);
  let receivedBytes = 0;
  stream.addEventListener("message", (event) => {
    receivedBytes += event.data.byteLength;
  });
  stream.sendWindowUpdate = () => {
    if (receivedBytes < GRANT_BYTES) return;
    receivedBytes = 0;
    sendWindowUpdate();
  };
}
