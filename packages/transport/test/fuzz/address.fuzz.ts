import { AspenError } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { addressOfPeer, assertAddress, peerIdOfAddress } from "../../src/libp2p/address.ts";

const PEER = "12D3KooWGyWNaSeqmWSdx1rdeGKkWtnbAhwnFhnLkU2Wh9ZMRQKj";

export const target = defineTarget<string>({
  name: "transport/address",
  decodes: "a multiaddr and the peer that it names",
  covers: [],
  frameBytesMax: 512,
  seeds: () =>
    [
      "/ip4/127.0.0.1/tcp/4001",
      `/ip4/127.0.0.1/tcp/4001/p2p/${PEER}`,
      "/ip6/::1/tcp/0",
      "/dns4/example.org/tcp/1",
      `/dns/a/tcp/65535/p2p-circuit/p2p/${PEER}`,
      "/unix/%2ftmp%2fsocket",
      "/memory/peer-1",
    ].map(bytesOf),
  dictionary: ["/ip4/", "/ip6/", "/tcp/", "/p2p/", "/dns/", "/unix/", "/ip6zone/", "/ipcidr/", "/certhash/", PEER].map(
    bytesOf,
  ),
  decode: throwing((bytes) => {
    const address = textOf(bytes);
    assertAddress(address);
    peerIdOfAddress(address);
    return addressOfPeer(address, peerIdOfAddress(address)).toString();
  }, AspenError),
  encode: { form: "normal", write: bytesOf },
  canaries: [
    {
      name: "the library's error escapes",
      file: "packages/transport/src/libp2p/address.ts",
      find: "  } catch (cause) {\n    throw new AspenError(",
      replace: "  } catch (cause) {\n    throw new TypeError(",
    },
  ],
});
