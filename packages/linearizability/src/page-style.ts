export const PAGE_STYLE = [
  ":root{color-scheme:light dark;--paper:#fff;--ink:#1c2330;--quiet:#5f6875;--line:#e3e6ea;--box:#f4f5f7;",
  "--bar:#d5dde7;--edge:#8b97a8;--conflict:#f4c4c1;--red:#b3261e;--stuck:#e46962}",
  "@media (prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e4e8ee;--quiet:#98a2b3;--line:#2a323d;--box:#1b2129;",
  "--bar:#35445a;--edge:#74839a;--conflict:#63302e;--red:#ff8a80;--stuck:#a8332c}}",
  "body{font:14px system-ui,sans-serif;margin:16px;color:var(--ink);background:var(--paper)}h1{font-size:20px}",
  "pre{background:var(--box);padding:12px;overflow:auto}svg{max-width:100%}text{fill:var(--ink)}",
  ".lane,.tick{stroke:var(--line)}.name,.axis{fill:var(--quiet)}.axis{font-size:11px}",
  ".bar{fill:var(--bar);stroke:var(--edge)}.conflict .bar{fill:var(--conflict);stroke:var(--red);stroke-width:2}",
  ".stuck .bar{fill:var(--stuck)}.unknown .bar{fill:none;stroke-dasharray:4 3}",
  ".says{font:11px ui-monospace,monospace;pointer-events:none}.number{font-weight:bold}",
  ".legend span{display:inline-block;margin-right:16px}.legend svg{vertical-align:-3px;margin-right:5px}",
].join("");

export function legendHtml(): string {
  const sample = (classes: string, says: string): string =>
    `<span><svg width="26" height="14"><g class="${classes}"><rect class="bar" x="2" y="2" width="22" height="10" ` +
    `rx="3"/></g></svg>${says}</span>`;
  return [
    sample("conflict", "answers that cannot all be true"),
    sample("conflict stuck", "cannot come next, and one would have to"),
    sample("other", "any other call"),
    sample("unknown", "no answer came"),
    "<span><strong>3</strong> third in the longest order</span>",
    "<span>◀ ▶ goes on outside of the picture</span>",
  ].join("");
}
