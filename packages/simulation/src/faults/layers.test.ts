import { expect, test } from "vitest";
import { Layers } from "./layers.ts";

test("the last layer counts, and whoever ends takes away no more than it brought", () => {
  const layers = new Layers("well");
  const endFirst = layers.lay("slow");
  const endSecond = layers.lay("slower");
  expect(layers.top).toBe("slower");
  endFirst();
  expect(layers.top).toBe("slower");
  const endThird = layers.lay("slow again");
  endThird();
  endThird();
  expect(layers.top).toBe("slower");
  endSecond();
  expect([layers.top, layers.isBare]).toEqual(["well", true]);
});

test("two equal layers are two", () => {
  const layers = new Layers(false);
  const endFirst = layers.lay(true);
  layers.lay(true);
  endFirst();
  expect(layers.top).toBe(true);
  layers.clear();
  expect(layers.top).toBe(false);
});
