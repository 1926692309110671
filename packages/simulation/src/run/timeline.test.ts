import { expect, test } from "vitest";
import { renderTimeline } from "./timeline.ts";
import type { TraceLine } from "./trace.ts";

const LINES: readonly TraceLine[] = [
  { atUs: 0, kind: "life", who: "node 10", text: "starts, life 1" },
  { atUs: 0, kind: "life", who: "node 2", text: "starts, life 1" },
  { atUs: 1_000_000, kind: "role", who: "node 2", text: "leader, term 1" },
  { atUs: 2_000_000, kind: "fault", who: "isolate-node", text: "node 2 <is> cut off" },
  { atUs: 3_000_000, kind: "fault", who: "isolate-node", text: "ends" },
  { atUs: 3_500_000, kind: "call", who: "c1", text: "set, asked at 1: unknown timeout" },
  { atUs: 4_000_000, kind: "life", who: "node 2", text: "killed, 0 of 1 unsynced batches are kept" },
  { atUs: 5_000_000, kind: "verdict", who: "answers", text: 'it said "a" & was <wrong>' },
];

test("a page says who led, who was cut off, what was lost, and what was found", () => {
  const page = renderTimeline("run <1>", LINES);
  expect(page).toContain("<title>1.000 s to 4.000 s: leader, leader, term 1</title>");
  expect(page).toContain("<title>4.000 s to 5.000 s: down, killed, 0 of 1 unsynced batches are kept</title>");
  expect(page).toContain("<title>2.000 s to 3.000 s: fault, node 2 &lt;is&gt; cut off</title>");
  expect(page).toContain("<title>3.500 s: set, asked at 1: unknown timeout</title>");
  expect(page).toContain("answers: it said &quot;a&quot; &amp; was &lt;wrong&gt;");
  expect(page.indexOf(">node 2<")).toBeLessThan(page.indexOf(">node 10<"));
});

test("text from a run is never markup", () => {
  expect(renderTimeline("<script>", LINES)).not.toMatch(/<script>|<is>|<wrong>/);
});
