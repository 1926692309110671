/** What every program shares and no input may change: own keys and descriptors of the built-in prototypes. */
type Descriptors = ReadonlyMap<PropertyKey, PropertyDescriptor>;

const CONSTRUCTORS = [
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  BigInt,
  Symbol,
  Map,
  Set,
  WeakMap,
  WeakSet,
  Promise,
  RegExp,
  Date,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ArrayBuffer,
  DataView,
  Uint8Array,
  Buffer,
  TextEncoder,
  TextDecoder,
];

const OBJECTS: readonly (readonly [string, object])[] = [
  ...CONSTRUCTORS.flatMap((constructor): (readonly [string, object])[] => [
    [constructor.name, constructor],
    [`${constructor.name}.prototype`, constructor.prototype as object],
  ]),
  ["TypedArray.prototype", Object.getPrototypeOf(Uint8Array.prototype) as object],
  ["JSON", JSON],
  ["Math", Math],
  ["Reflect", Reflect],
];

/** RegExp keeps the last match in legacy accessors of its constructor; their values change, their descriptors do not. */
function descriptorsOf(object: object): Descriptors {
  return new Map(
    Reflect.ownKeys(object).map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key) ?? { value: undefined }]),
  );
}

export class Intrinsics {
  readonly #before = OBJECTS.map(([name, object]) => ({ name, object, descriptors: descriptorsOf(object) }));

  /** The first difference to how it was, such as `Object.prototype.polluted`. */
  difference(): string | undefined {
    for (const { name, object, descriptors } of this.#before) {
      const key = changedKey(object, descriptors);
      if (key !== undefined) return `${name}.${String(key)}`;
    }
    return undefined;
  }

  /** As it was, as far as the language lets anyone: so that the next input is judged for itself. */
  restore(): void {
    for (const { object, descriptors } of this.#before) {
      for (let key = changedKey(object, descriptors); key !== undefined; key = changedKey(object, descriptors)) {
        const descriptor = descriptors.get(key);
        const isBack =
          descriptor === undefined
            ? Reflect.deleteProperty(object, key)
            : Reflect.defineProperty(object, key, descriptor);
        if (!isBack) throw new Error(`${String(key)} cannot be put back as it was: start again`);
      }
    }
  }
}

function changedKey(object: object, before: Descriptors): PropertyKey | undefined {
  const keys = Reflect.ownKeys(object);
  for (const key of keys) {
    const was = before.get(key);
    const is = Reflect.getOwnPropertyDescriptor(object, key);
    if (was === undefined || is === undefined || !isSame(was, is)) return key;
  }
  return keys.length === before.size ? undefined : [...before.keys()].find((key) => !Object.hasOwn(object, key));
}

function isSame(left: PropertyDescriptor, right: PropertyDescriptor): boolean {
  return (
    Object.is(left.value, right.value) &&
    left.get === right.get &&
    left.set === right.set &&
    left.enumerable === right.enumerable &&
    left.writable === right.writable &&
    left.configurable === right.configurable
  );
}
