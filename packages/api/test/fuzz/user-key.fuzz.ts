import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { AspenError } from "../../src/aspen-error.ts";
import { assertUserKey, compareKeys, utf8ByteLength } from "../../src/key.ts";
import { limits } from "../../src/limits.ts";

export const target = defineTarget<string>({
  name: "api/user-key",
  decodes: "a key that a program names",
  covers: [],
  frameBytesMax: 4 * limits.keyBytesMax,
  seeds: () => ["a", "ключ", "\u{1F600}", "\ud800", "\u0000s", "é".repeat(512), "é".repeat(513)].map(bytesOf),
  dictionary: ["\ud83d", "\ude00", "\uffff", "\u0000", "\u{10FFFF}"].map(bytesOf),
  decode: throwing((bytes) => {
    const key = textOf(bytes);
    assertUserKey(key);
    return key;
  }, AspenError),
  check: (key) => {
    const bytes = Buffer.from(key);
    if (bytes.byteLength !== utf8ByteLength(key)) throw new Error("another length than that of its bytes");
    if (bytes.byteLength > limits.keyBytesMax || bytes[0] === 0) throw new Error("no key of a user");
    if (bytes.toString() !== key) throw new Error("no text");
    const other = `${key.slice(0, key.length >> 1)}\uffff`.toWellFormed();
    const order = Math.sign(Buffer.compare(bytes, Buffer.from(other)));
    if (Math.sign(compareKeys(key, other)) !== order) throw new Error("keys do not order by their bytes");
  },
  canaries: [
    {
      name: "a pair of surrogates has six bytes",
      file: "packages/api/src/key.ts",
      find: "      byteLength += 2;\n      index += 1;",
      replace: "      byteLength += 4;\n      index += 1;",
    },
    {
      name: "keys order by UTF-16",
      file: "packages/api/src/key.ts",
      find: "  if (unit >= 0xd800) return unit + 0x2000;\n",
      replace: "",
    },
  ],
});
