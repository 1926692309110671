import { styleText } from "node:util";

/** Colours by meaning. Without colour every function returns its text as it is. */
export interface Style {
  heading(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

/** Whether to colour was decided by whoever knows the stream; here it is done or not done. */
export function createStyle(hasColor: boolean): Style {
  const paint = (format: Format) => (text: string) =>
    hasColor ? styleText(format, text, { validateStream: false }) : text;
  return {
    heading: paint("bold"),
    faint: paint("dim"),
    good: paint("green"),
    warning: paint("yellow"),
    bad: paint("red"),
  };
}

export const PLAIN_STYLE: Style = createStyle(false);
