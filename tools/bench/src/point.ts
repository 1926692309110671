/** One measured point: a closed loop of so many callers for so long. */
export interface Point {
  readonly system: string;
  readonly mode: "put" | "get";
  readonly callers: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** All server processes together. */
  readonly serverCpuUsPerOp: number;
  readonly clientCpuUsPerOp: number;
  readonly rssMiB: readonly number[];
  readonly errors: number;
}

/** A point as another system's benchmark prints it, one JSON object per line; what it does not measure is left out. */
export function parsePoint(line: string): Point | undefined {
  if (!line.startsWith("{")) return undefined;
  const value = JSON.parse(line) as Partial<Point>;
  const { system, mode, callers, opsPerSecond, p50Ms, p99Ms } = value;
  if (system === undefined || (mode !== "put" && mode !== "get")) return undefined;
  if (callers === undefined || opsPerSecond === undefined) return undefined;
  return {
    system,
    mode,
    callers,
    opsPerSecond,
    p50Ms: p50Ms ?? Number.NaN,
    p99Ms: p99Ms ?? Number.NaN,
    serverCpuUsPerOp: value.serverCpuUsPerOp ?? Number.NaN,
    clientCpuUsPerOp: value.clientCpuUsPerOp ?? Number.NaN,
    rssMiB: value.rssMiB ?? [],
    errors: value.errors ?? 0,
  };
}
