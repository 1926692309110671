const FIRST_TYPESCRIPT_BLOCK = /^```ts\r?\n(?<code>[\s\S]*?)^```\s*$/m;

/** The first fenced `ts` block of a README: the example that a reader pastes first, and that therefore must run. */
export function readmeExample(readme: string): string | undefined {
  return FIRST_TYPESCRIPT_BLOCK.exec(readme)?.groups?.["code"];
}
