interface Look {
  readonly name: string;
  /** For people. */
  readonly says: string;
  readonly light: string;
  readonly dark: string;
}

const LOOKS: readonly Look[] = [
  { name: "leader", says: "leads", light: "#2f9e63", dark: "#2f9e63" },
  { name: "follower", says: "follows", light: "#b5d3f0", dark: "#2d4f75" },
  { name: "learner", says: "learns", light: "#d3dae3", dark: "#47566a" },
  { name: "preCandidate", says: "asks whether to stand", light: "#f7d070", dark: "#a37b1d" },
  { name: "candidate", says: "stands for election", light: "#f0934a", dark: "#b8601c" },
  { name: "starting", says: "starts, plays no part yet", light: "#eef1f5", dark: "#323a46" },
  { name: "paused", says: "stands still", light: "#a98be0", dark: "#6b4fa8" },
  { name: "killed", says: "✕ process killed", light: "#7d8794", dark: "#8b95a3" },
  { name: "powerCut", says: "⚡ power cut", light: "#232a35", dark: "#000" },
  { name: "failed", says: "! failed by itself", light: "#c2410c", dark: "#d9581b" },
  { name: "refused", says: "⊘ refuses to start", light: "#a61b52", dark: "#c43570" },
  { name: "fault", says: "a fault, by kind", light: "#f0a8a8", dark: "#7d3535" },
  { name: "answered", says: "call, answered", light: "#8fb8d9", dark: "#3f6d91" },
  { name: "turnedDown", says: "call, refused", light: "#f0a860", dark: "#a8641f" },
  { name: "unknown", says: "call, outcome unknown", light: "#d9534f", dark: "#c0433f" },
];

/** Drawn as lines over the background, so that they are told from bars without colour. */
const HATCHED = [
  { name: "cut", says: "cut off, wholly or from some", angle: 45, light: "#c53030", dark: "#fc8181" },
  { name: "hampered", says: "another fault that names it", angle: -45, light: "#b7791f", dark: "#ecc94b" },
];

const variables = (theme: "light" | "dark"): string =>
  [...LOOKS, ...HATCHED].map((look) => `--${look.name}:${look[theme]}`).join(";");

export const TIMELINE_STYLE = [
  `:root{color-scheme:light dark;--paper:#fff;--ink:#1c2330;--quiet:#667085;--line:#0001;--found:#c53030;${variables("light")}}`,
  "@media (prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e4e8ee;--quiet:#98a2b3;--line:#fff2;--found:#ff7b7b;",
  `${variables("dark")}}}`,
  "body{font:13px system-ui,sans-serif;margin:16px;background:var(--paper);color:var(--ink)}",
  "h1{font-size:18px;margin:0 0 8px}svg{display:block;overflow:visible}text{fill:var(--ink)}",
  ".axis{fill:var(--quiet)}.tick{stroke:var(--line)}.ground{stroke:var(--quiet);stroke-dasharray:1 4}",
  ".edge{stroke:var(--line)}.healing{stroke:var(--quiet);stroke-dasharray:6 3}.found{stroke:var(--found);stroke-width:2}",
  ".well{color:var(--quiet)}.verdict{color:var(--found);border-left:3px solid;padding-left:8px;white-space:pre-wrap}",
  "pre{font-size:11px;max-height:50vh;overflow:auto}code{font-size:12px}",
  ".legend span{display:inline-block;margin-right:14px;white-space:nowrap}",
  ".legend svg{display:inline-block;vertical-align:-2px;margin-right:4px}",
  ...LOOKS.map(({ name }) => `.${name}{fill:var(--${name})}`),
  ...HATCHED.map(({ name }) => `.${name}{fill:url(#hatch-${name});stroke:var(--${name})}`),
  ".leader+text,.powerCut+text,.unknown+text{fill:#fff}.powerCut{stroke:var(--quiet);stroke-width:.5}",
  ".mark{font-weight:bold;font-size:12px;paint-order:stroke;stroke:var(--paper);stroke-width:3px}",
  ".moment{stroke:var(--found);stroke-width:2}.errand{fill:var(--quiet)}.refusedErrand{fill:var(--found)}",
].join("");

/** Patterns that the page's drawing must hold. */
export const HATCHES = `<defs>${HATCHED.map(
  ({ name, angle }) =>
    `<pattern id="hatch-${name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(${angle})">` +
    `<line x1="0" x2="0" y1="0" y2="5" stroke="var(--${name})" stroke-width="3"/></pattern>`,
).join("")}</defs>`;

export function legendHtml(): string {
  const sample = (name: string): string =>
    `<svg width="14" height="12"><rect class="${name}" x="1" y="1" width="12" height="10"/></svg>`;
  const line = (name: string): string =>
    `<svg width="14" height="12"><line class="${name}" x1="7" x2="7" y1="0" y2="12"/></svg>`;
  return [
    ...[...LOOKS, ...HATCHED].map(({ name, says }) => `<span>${sample(name)}${says}</span>`),
    `<span>${line("moment")}a fault of a moment</span>`,
    `<span>${line("ground")}not there yet</span>`,
    "<span>−2: batches of writes lost</span>",
    "<span>◆ what the operator did (red: in vain)</span>",
    `<span>${line("healing")}everything is mended</span>`,
    `<span>${line("found")}the verdict</span>`,
  ].join(" ");
}
