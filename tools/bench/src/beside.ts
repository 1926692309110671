import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { parsePoint, type Point } from "./point.ts";

/** Runs another system's benchmark and takes the points that it prints, one JSON object per line. */
export async function runBeside(command: string, onPoint: (point: Point) => void): Promise<readonly Point[]> {
  const child = spawn(command, { shell: true, stdio: ["ignore", "pipe", "inherit"] });
  const points: Point[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const point = parsePoint(line);
    if (point === undefined) continue;
    points.push(point);
    onPoint(point);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return points;
}
