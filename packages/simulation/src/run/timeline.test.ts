import { expect, test } from "vitest";
import { renderTimeline } from "./timeline.ts";
import type { TraceKind, TraceLine } from "./trace.ts";

const at = (second: number, kind: TraceKind, who: string, text: string): TraceLine => {
  return { atUs: second * 1_000_000, kind, who, text };
};

const LINES: readonly TraceLine[] = [
  at(0, "life", "node 10", "starts, life 1"),
  at(0, "life", "node 2", "starts, life 1"),
  at(1, "role", "node 2", "leader, term 1"),
  at(2, "fault", "isolate-node", "peer-2 <is> cut off"),
  at(3, "fault", "isolate-node", "ends"),
  at(3.5, "call", "c1", "set a, asked at 1500000: unknown timeout"),
  at(4, "life", "node 2", "killed, 1 of 3 unsynced batches are kept"),
  at(4.5, "life", "node 2", "starts, life 2"),
  at(5, "verdict", "answers", 'it said "a" & was <wrong>'),
];

test("a page says who led, who was cut off, what was lost, and what was found", () => {
  const page = renderTimeline("run <1>", LINES, { seed: 17, reproduce: "sim --replay <file>" });
  expect(page).toMatch(
    /<title>1.000 s to 4.000 s: leader, term 1<\/title><rect class="leader"[^>]*\/><text[^>]*>term 1</,
  );
  expect(page).toContain("<title>4.000 s to 4.500 s: killed, 1 of 3 unsynced batches are kept</title>");
  expect(page).toMatch(/class="mark death"[^>]*>✕−2</);
  const cut = "2.000 s to 3.000 s: isolate-node, peer-2 &lt;is&gt; cut off";
  expect(page).toContain(`<title>${cut}</title><rect class="cut"`);
  expect(page).toContain(`<title>${cut}</title><rect class="fault"`);
  expect(page).toContain('<title>c1, 1.500 s to 3.500 s: set a: unknown timeout</title><rect class="unknown"');
  expect(page).toContain("answers after 5.000 s: it said &quot;a&quot; &amp; was &lt;wrong&gt;</pre>");
  expect(page).toContain("Seed <b>17</b>. Again: <code>sim --replay &lt;file&gt;</code>");
  expect(page.indexOf(">node 2<")).toBeLessThan(page.indexOf(">node 10<"));
});

test("who starts again plays no part before it says so", () => {
  expect(renderTimeline("", LINES)).toContain(
    '<title>4.500 s to 5.000 s: starts, life 2</title><rect class="starting"',
  );
});

test("who goes on plays the part that it played when it stood still", () => {
  const page = renderTimeline("", [
    at(0, "life", "node 1", "starts, life 1"),
    at(1, "role", "node 1", "leader, term 3"),
    at(2, "life", "node 1", "stands still"),
    at(3, "life", "node 1", "goes on"),
    at(4, "call", "c1", "get, asked at 3900000: revision 1"),
  ]);
  expect(page).toContain('<title>2.000 s to 3.000 s: stands still</title><rect class="paused"');
  expect(page).toContain('<title>3.000 s to 4.000 s: leader, term 3</title><rect class="leader"');
  expect(page).not.toContain('class="mark death"');
});

test("strokes of one kind that overlap end when the plan says, and what nobody ended lasts to the healing", () => {
  const lines = [
    at(1, "fault", "slow-disk", "node 1 is slow"),
    at(2, "fault", "slow-disk", "node 2 is slow"),
    at(3, "fault", "slow-disk", "ends"),
    at(4, "fault", "clock-jump", "a moment"),
    at(8, "fault", "minority", "1, 2 are whole"),
    at(9, "fault", "minority", "ends"),
  ];
  const stroke = (atMs: number, durationMs: number) => ({ atMs, durationMs, name: "slow-disk", seed: 1 });
  const page = renderTimeline("", lines, { plan: [stroke(1_000, 90_000), stroke(2_000, 1_000)], chaosMs: 5_000 });
  expect(page).toContain("<title>1.000 s to 5.000 s: slow-disk, node 1 is slow</title>");
  expect(page).toContain("<title>2.000 s to 3.000 s: slow-disk, node 2 is slow</title>");
  expect(page).toContain("<title>4.000 s: a moment</title>");
  // Without a plan nobody knows better than that the first ends first.
  expect(renderTimeline("", lines)).toContain("<title>2.000 s to 8.000 s: slow-disk, node 2 is slow</title>");
});

test("of two sides the smaller one is cut off", () => {
  const page = renderTimeline("", [
    ...[1, 2, 3].map((nodeId) => at(0, "life", `node ${nodeId}`, "starts, life 1")),
    at(1, "fault", "split-cluster", "peer-1 client-c1 peer-2 | peer-3"),
    at(2, "fault", "split-cluster", "ends"),
  ]);
  expect(page.match(/<rect class="cut" x="[\d.]+" y="(\d+)"/g)).toHaveLength(1 + 1); // One strip, one in the legend.
});

test("clients that come with a fault share a lane", () => {
  const page = renderTimeline("", [
    at(1, "fault", "isolate-leader", "peer-1, who leads, is cut off"),
    at(1.2, "call", "c8", "get, asked at 1100000: revision 1"),
    at(1.3, "call", "c9", "set, asked at 1200000: refused timeout"),
    at(9, "call", "c1", "set, asked at 1200000: revision 3"),
    at(9, "call", "c1", "set, asked at 8000000: revision 3"),
  ]);
  expect(page).toContain(">2 clients of bursts</text>");
  expect(page).toContain(">c1</text>");
  expect(page).not.toContain(">c8</text>");
});

test("text from a run is never markup, and a long run is no argument list", () => {
  expect(renderTimeline("<script>", LINES)).not.toMatch(/<script>|<is>|<wrong>/);
  const long = Array.from({ length: 200_000 }, (_, second) => at(second, "log", "node 1", "x"));
  expect(renderTimeline("", long)).toContain("199999.000 s node 1 log x");
});
