import { expect, test } from "vitest";
import { readmeExample } from "./readme-example.ts";

test("the first ts block is the example, whatever comes before it", () => {
  const readme = "# Name\n\n```sh\nnpm i\n```\n\n```ts\nconst a = 1;\n```\n\n```ts\nconst b = 2;\n```\n";
  expect(readmeExample(readme)).toBe("const a = 1;\n");
});

test.each(["# Name\n", "```js\nlet a;\n```\n", "```tsx\nlet a;\n```\n", "```ts\nunclosed\n"])(
  "no example in %j",
  (readme) => {
    expect(readmeExample(readme)).toBeUndefined();
  },
);
