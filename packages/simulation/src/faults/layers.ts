/**
 * What several faults make of one thing at the same time: the one that came last counts, and each that ends takes away
 * no more than it brought. Below all of them is what the thing is when nothing is wrong with it.
 */
export class Layers<Value> {
  readonly #ground: Value;
  #layers: readonly { readonly value: Value }[] = [];
  #top: Value;

  constructor(ground: Value) {
    this.#ground = ground;
    this.#top = ground;
  }

  /** Asked for each write on the network, and changed by a fault now and then. */
  get top(): Value {
    return this.#top;
  }

  get isBare(): boolean {
    return this.#layers.length === 0;
  }

  /** @returns how to take it away again, which does nothing the second time */
  lay(value: Value): () => void {
    const layer = { value };
    this.#use([...this.#layers, layer]);
    return () => this.#use(this.#layers.filter((other) => other !== layer));
  }

  clear(): void {
    this.#use([]);
  }

  #use(layers: readonly { readonly value: Value }[]): void {
    this.#layers = layers;
    const layer = layers.at(-1);
    this.#top = layer === undefined ? this.#ground : layer.value;
  }
}
