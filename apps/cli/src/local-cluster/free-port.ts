import { once } from "node:events";
import { createServer } from "node:net";
import { AspenError } from "@aspenjs/api";
import { limits } from "../limits.ts";

export const LOCAL_HOST = "127.0.0.1";
const PORT_MAX = 65_535;

/**
 * So many ports from the base up that nobody listens on at this moment, in order.
 * @throws AspenError `unavailable`
 */
export async function findFreePorts(count: number, base: number): Promise<number[]> {
  const ports: number[] = [];
  const last = Math.min(PORT_MAX, base + limits.upPortsTriedMax);
  for (let port = base; port <= last && ports.length < count; port += 1) {
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length === count) return ports;
  throw new AspenError("unavailable", `there are no ${count} free ports from ${base} to ${last}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: LOCAL_HOST, exclusive: true });
    await once(server, "listening");
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  } finally {
    server.close();
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES");
}
