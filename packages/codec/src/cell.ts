/**
 * What one place of a row can hold. Numbers are safe integers; absence is `null`; there are no floats, no maps
 * and no tags, so every value has exactly one encoding (RFC 8949 section 4.2, core deterministic encoding).
 */
export type Cell = number | string | boolean | null | Uint8Array | readonly Cell[];

/** A row is a positional list of cells: the order is the schema, and the writer and the reader both state it. */
export type Row = readonly Cell[];
