import { AspenError, ERROR_CODES } from "@aspenjs/api";
import { defineTarget, optional } from "@aspenjs/fuzz";
import { bytesOf } from "@aspenjs/fuzz/text-bytes";
import { decodeWireError, encodeWireError } from "../../src/wire-error.ts";

export const target = defineTarget<AspenError>({
  name: "transport/wire-error",
  decodes: "an error of the peer",
  covers: ["decodeWireError"],
  frameBytesMax: 16 * 1_024,
  seeds: () => [
    encodeWireError(new AspenError("conflict", "x", { details: { n: 5, ok: true, t: "z", negative: -9 } })),
    encodeWireError(new AspenError("lagged", "")),
  ],
  dictionary: ["__proto__", "constructor", "prototype", "toString", "code"].map((name) => {
    return Uint8Array.of(0x60 + name.length, ...bytesOf(name));
  }),
  decode: optional(decodeWireError),
  // Unknown codes read as `internal`, and a name that comes twice counts once.
  encode: { form: "normal", write: encodeWireError },
  check: (error) => {
    if (Object.getPrototypeOf(error.details) !== Object.prototype) throw new Error("details of another prototype");
    if (!ERROR_CODES.includes(error.code)) throw new Error("a code that does not exist");
    if (Object.keys(error.details).length > 16) throw new Error("more details than may travel");
  },
  canaries: [
    {
      name: "names of the peer reach the prototype",
      file: "packages/transport/src/wire-error.ts",
      find: "  return Object.fromEntries(details);",
      replace: `  const named: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of details) {
    const place = named[name];
    if (typeof place === "object") place["polluted"] = value;
    else named[name] = value as never;
  }
  return named as never;`,
    },
    {
      name: "any text is a code",
      file: "packages/transport/src/wire-error.ts",
      find: 'return ERROR_CODES.find((code) => code === text) ?? "internal";',
      replace: "return text as ErrorCode;",
    },
  ],
});
