/**
 * TCP as libp2p brings it, with one system call where it makes four. An encrypted frame reaches the socket in pieces
 * (length, ciphertext, and again for the muxer's answer), each written on its own; corked, all that one callback
 * brings leaves together. Measured figures are in the README. A socket that cannot be found is left as it is.
 */
import { Socket } from "node:net";
import type { Connection, MultiaddrConnection, Transport, Upgrader } from "@libp2p/interface";
import { tcp, type TCPComponents, type TCPOptions } from "@libp2p/tcp";

export function coalescingTcp(options: TCPOptions): (components: TCPComponents) => Transport {
  const createTransport = tcp(options);
  return (components) => {
    const transport = createTransport(components);
    const dial = transport.dial.bind(transport);
    const createListener = transport.createListener.bind(transport);
    transport.dial = (address, dialOptions) =>
      dial(address, { ...dialOptions, upgrader: corkingUpgrader(dialOptions.upgrader) });
    transport.createListener = (listenOptions) =>
      createListener({ ...listenOptions, upgrader: corkingUpgrader(listenOptions.upgrader) });
    return transport;
  };
}

/** The upgrader is where every raw connection passes by, in both directions. */
function corkingUpgrader(upgrader: Upgrader): Upgrader {
  return {
    upgradeInbound: (connection, options): Promise<void> => {
      corkWrites(connection);
      return upgrader.upgradeInbound(connection, options);
    },
    upgradeOutbound: (connection, options): Promise<Connection> => {
      corkWrites(connection);
      return upgrader.upgradeOutbound(connection, options);
    },
    createInboundAbortSignal: (signal) => upgrader.createInboundAbortSignal(signal),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters(),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
  };
}

function corkWrites(connection: MultiaddrConnection): void {
  if (!("socket" in connection) || !(connection.socket instanceof Socket)) return;
  const { socket } = connection;
  const send = connection.send.bind(connection);
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    socket.uncork();
  };
  connection.send = (data) => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return send(data);
  };
}
