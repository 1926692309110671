/** For text and attributes alike. */
export function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** As much of a text as is read at a glance; the rest is in what hovering shows. */
export function shortened(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, Math.max(0, charactersMax - 1))}…`;
}

/** `node 2` before `node 10`. */
export function byNumber(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}
