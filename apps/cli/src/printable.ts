/**
 * What could move the cursor, change the terminal or reorder the line: C0 and C1 controls, DEL, line separators and the
 * marks of bidirectional text. Data from a store must not do any of it.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text that fits on one line of any terminal. Not reversible: for people only. */
export function printable(text: string): string {
  return text.replaceAll(
    UNSAFE,
    (character) => SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
