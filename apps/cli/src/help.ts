/** The block of examples at the end of a command's help: what to type, and what it does. */
export function examples(...lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const formatted = lines.map(([command, remark]) =>
    remark === "" ? `  ${command}` : `  ${command.padEnd(width)}  # ${remark}`,
  );
  return `\nExamples:\n${formatted.join("\n")}`;
}
