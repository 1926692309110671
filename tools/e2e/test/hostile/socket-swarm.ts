import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "../../src/bounded-wait.ts";

const DRIBBLE_MS = 100;

export type SocketManner = "silent" | "garbage" | "dribbling";

/** Many raw connections to one address that never become a libp2p connection. */
export class SocketSwarm {
  readonly #sockets: Socket[];
  readonly #dribble: NodeJS.Timeout;

  constructor(address: string, manners: readonly SocketManner[]) {
    const [, , host, , port] = address.split("/");
    this.#sockets = manners.map((manner) => open(Number(port), String(host), manner));
    const dribbling = this.#sockets.filter((_socket, position) => manners[position] === "dribbling");
    // A true beginning of multistream-select, a byte at a time, which would take half a minute.
    const opening = Buffer.from("\u0013/multistream/1.0.0\n\u0007/noise\n", "latin1");
    let sentBytes = 0;
    this.#dribble = setInterval(() => {
      for (const socket of dribbling) {
        if (socket.writable) socket.write(opening.subarray(sentBytes, sentBytes + 1));
      }
      sentBytes = (sentBytes + 1) % (opening.byteLength - 1);
    }, DRIBBLE_MS);
  }

  get openCount(): number {
    return this.#sockets.filter((socket) => socket.readyState === "open").length;
  }

  async connected(withinMs: number): Promise<void> {
    await eventually(withinMs, "raw sockets connect", () => this.#sockets.every((socket) => !socket.connecting));
  }

  /** Until the other side has ended them all. */
  async thrownOut(withinMs: number): Promise<void> {
    await eventually(withinMs, "raw sockets are closed by the node", () => this.openCount === 0);
  }

  close(): void {
    clearInterval(this.#dribble);
    for (const socket of this.#sockets) socket.destroy();
  }
}

function open(port: number, host: string, manner: SocketManner): Socket {
  const socket = connect(port, host);
  // Being thrown out is what is expected, in whichever way.
  socket.on("error", () => {});
  socket.resume();
  if (manner === "garbage") {
    void once(socket, "connect").then(
      () => socket.write(crypto.getRandomValues(new Uint8Array(2_000))),
      () => {},
    );
  }
  return socket;
}
