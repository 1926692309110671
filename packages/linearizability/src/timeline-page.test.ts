import { expect, test } from "vitest";
import { asked, said } from "../test/said.ts";
import { checkLinearizability } from "./check-linearizability.ts";
import { createMapModel } from "./models/map-model.ts";
import { timelinePage } from "./timeline-page.ts";
import { violationText } from "./violation-text.ts";

const model = createMapModel();
const done = { kind: "done" } as const;
const nasty = `</text><script>alert("x")</script>\u001b[31m&'`;
const history = [
  said("<b>", [0, 4], { kind: "set", key: "x", value: nasty } as const, done),
  said(2, [5, 9], { kind: "set", key: "x", value: 2 } as const, done),
  asked(3, 5, { kind: "set", key: "x", value: 3 } as const),
  said(10, [10, 14], { kind: "get", key: "x" } as const, { kind: "value", value: nasty } as const),
];
const verdict = checkLinearizability(model, history);
if (verdict.kind !== "violation") throw new Error("the read is stale");
const text = violationText(model, verdict.violation);
const page = timelinePage(model, verdict.violation);
const drawing = drawingOf(page);

function drawingOf(html: string): string {
  return html.slice(html.indexOf("<svg xmlns"), html.indexOf("<pre>"));
}

test("the text names the conflict, the longest order and what cannot follow", () => {
  expect(text.replaceAll(/"<\/text.*?'"/g, '"…"')).toBe(
    [
      "Not linearizable as a map (x), from 0 to 14.",
      "These 3 answers cannot all be true, whatever 1 other operation did and answered:",
      '  process <b>  [0, 4]    set x = "…" -> done',
      "  process 2    [5, 9]    set x = 2 -> done",
      '  process 10   [10, 14]  get x -> "…"',
      "An order can get as far as this:",
      '  process <b>  [0, 4]  set x = "…" -> done',
      "  process 2    [5, 9]  set x = 2 -> done",
      "Then the state is: {x = 2}",
      "None of these can come next, and one would have to:",
      '  process 10  [10, 14]  get x -> "…"',
      "",
    ].join("\n"),
  );
});

test("an answer that is wrong by itself", () => {
  const phantom = said(1, [0, 1], { kind: "get", key: "x" } as const, { kind: "value", value: 7 } as const);
  const alone = checkLinearizability(model, [phantom]);
  if (alone.kind !== "violation") throw new Error("nobody wrote 7");
  expect(violationText(model, alone.violation)).toContain(
    "This answer cannot be true:\n  process 1  [0, 1]  get x -> 7\n",
  );
});

test("the page has one lane for each process and one bar for each operation, the conflict marked", () => {
  const lanes = [...page.matchAll(/class="name"[^>]*>([^<]*)</g)].map(([, name]) => name);
  expect(lanes).toEqual(["process 2", "process 3", "process 10", "process &lt;b&gt;"]);
  expect(drawing.match(/<rect class="bar"/g)?.length).toBe(4);
  expect(drawing.match(/<g class="conflict[^"]*"/g)?.length).toBe(3);
  expect(page.match(/<g class="conflict stuck returned"/g)?.length).toBe(1);
  expect(page).toMatch(/<g class="other unknown"><title>process 3 \[5, no answer\n/);
});

test("bars carry their place in the order, and an axis says when", () => {
  expect(drawing).toMatch(/<tspan class="number">1<\/tspan> set x = /);
  expect(drawing).toMatch(/<tspan class="number">2<\/tspan> set x = 2 -&gt; done</);
  expect([...drawing.matchAll(/class="axis"[^>]*y="16"[^>]*>(\d+)</g)].map(([, tick]) => tick)).toContain("14");
  expect(timelinePage(model, verdict.violation, { unit: "ms" })).toContain(">Time in ms<");
  expect(page).toContain("no answer came</span>");
});

test("a call from long ago that nobody answered neither stretches the scale nor hides another", () => {
  const set = (key: string, value: number) => ({ kind: "set", key, value }) as const;
  const found = checkLinearizability(model, [
    asked(1, -1_000_000, set("accounts/eu/7", 1)),
    said(1, [0, 4], set("accounts/eu/7", 2), done),
    said(2, [5, 9], { kind: "get", key: "accounts/eu/7" } as const, { kind: "value", value: 3 } as const),
  ]);
  if (found.kind !== "violation") throw new Error("nobody wrote 3");
  const clamped = drawingOf(timelinePage(model, { ...found.violation, others: found.violation.others.slice() }));
  expect(clamped).not.toContain("-1000000<");
  const bars = [
    ...clamped.matchAll(/<title>process 1 \[(-?\d+),[^<]*<\/title><rect class="bar" x="[\d.]+" y="(\d+)"/g),
  ];
  expect(new Set(bars.map(([, , y]) => y)).size).toBe(bars.length);
  // What all names begin with says nothing.
  expect(clamped).toMatch(/>get 7 -&gt; 3</);
});

test("a very long order is no argument list", () => {
  const { violation } = verdict;
  const [first] = violation.conflict;
  if (first === undefined) throw new Error("a conflict has operations");
  const order = Array.from({ length: 200_000 }, () => first);
  expect(violationText(model, { ...violation, deadEnd: { ...violation.deadEnd, order } }).length).toBeGreaterThan(
    200_000,
  );
});

test("what programs wrote stays text, and nothing comes from elsewhere", () => {
  expect(page).not.toContain("<script");
  expect(page).not.toContain("<b>");
  expect(page).not.toContain("\u001b");
  expect(page).toContain("&lt;script&gt;alert(");
  expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|src=|href=|@import|url\(/);
});

test("the page is well formed: every element that opens closes, in order", () => {
  const open: string[] = [];
  for (const [, slash, name = "", selfClosing] of page.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/g)) {
    if (selfClosing === "/" || name === "meta") continue;
    if (slash === "/") expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
});
