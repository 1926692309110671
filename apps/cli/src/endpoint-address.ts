import { UsageError } from "./usage-error.ts";

/**
 * A multiaddr as it is, or `host:port` made into one.
 * @throws UsageError
 */
export function parseEndpoint(text: string): string {
  if (text.startsWith("/")) return text;
  const [, bracketed, host, port = ""] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const name = bracketed ?? host;
  if (name === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`"${text}" is no address; write host:port or a multiaddr such as /ip4/127.0.0.1/tcp/7600`);
  }
  if (bracketed !== undefined) return `/ip6/${bracketed}/tcp/${Number(port)}`;
  const isIp4 = /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
  return `/${isIp4 ? "ip4" : "dns"}/${name}/tcp/${Number(port)}`;
}
