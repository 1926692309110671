/**
 * What several faults make of one thing at the same time: the one that came last counts, and each that ends takes away
 * no more than it brought. Below all of them is what the thing is when nothing is wrong with it.
 */
export class Layers<Value> {
  readonly #ground: Value;
  #layers: readonly { readonly value: Value }[] = [];

  constructor(ground: Value) {
    this.#ground = ground;
  }

  get top(): Value {
    const layer = this.#layers.at(-1);
    return layer === undefined ? this.#ground : layer.value;
  }

  get isBare(): boolean {
    return this.#layers.length === 0;
  }

  /** @returns how to take it away again, which does nothing the second time */
  lay(value: Value): () => void {
    const layer = { value };
    this.#layers = [...this.#layers, layer];
    return () => {
      this.#layers = this.#layers.filter((other) => other !== layer);
    };
  }

  clear(): void {
    this.#layers = [];
  }
}
