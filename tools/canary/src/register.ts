/** Given to `node --import`: plants the canary of the environment in the one module that it is for. */
import { registerHooks } from "node:module";
import { CANARY_VARIABLE, plant, type Canary } from "./canary.ts";

const text = process.env[CANARY_VARIABLE];
if (text === undefined) throw new Error(`${CANARY_VARIABLE} names no canary`);
const canary = JSON.parse(text) as Canary;
const root = new URL("../../../", import.meta.url);
const target = new URL(canary.file, root);
if (!target.pathname.startsWith(root.pathname)) throw new Error(`canary ${canary.name} is for a file outside`);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target.href) return loaded;
    const { source } = loaded;
    if (source === undefined || source === null) throw new Error(`canary ${canary.name}: ${canary.file} has no text`);
    const original = typeof source === "string" ? source : new TextDecoder().decode(source);
    return { ...loaded, source: plant(canary, original) };
  },
});
