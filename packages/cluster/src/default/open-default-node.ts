import type { AspenNode } from "../aspen-node.ts";
import { NodeBuilder, type DefaultNodeOptions } from "./node-builder.ts";

/** `NodeBuilder` with every part as it comes. @throws AspenError as its `open` does */
export function openDefaultNode(options: DefaultNodeOptions): Promise<AspenNode> {
  return new NodeBuilder(options).open();
}
