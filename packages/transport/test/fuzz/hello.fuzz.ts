import { defineTarget, optional } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeHello, encodeHello, INSTANCE_BYTES, type Hello } from "../../src/hello.ts";

export const target = defineTarget<Hello>({
  name: "transport/hello",
  decodes: "the first thing that a peer says",
  covers: ["decodeHello"],
  frameBytesMax: 64,
  seeds: () => [encodeHello({ instance: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) })],
  values: fc.record(
    { instance: fc.uint8Array({ minLength: INSTANCE_BYTES, maxLength: INSTANCE_BYTES }) },
    { noNullPrototype: true },
  ),
  decode: optional(decodeHello),
  encode: { form: "canonical", write: encodeHello },
  canaries: [
    {
      name: "cells behind the instance",
      file: "packages/transport/src/hello.ts",
      find: "    row.end();\n",
      replace: "",
    },
    {
      name: "the refusal escapes",
      file: "packages/transport/src/hello.ts",
      find: "    if (error instanceof DecodeError) return undefined;\n",
      replace: "",
    },
  ],
});
