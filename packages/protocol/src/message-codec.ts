import type { Row, RowReader } from "@aspenjs/codec";

/** The fields of one kind of message, between the cells that all kinds share and the end of the row. */
export interface MessageCodec<Message> {
  readonly cells: (message: Message) => Row;
  /** Leaves the reader behind the last field. @throws DecodeError */
  readonly read: (row: RowReader) => Message;
}

/** A kind of message without fields. */
export function plainMessage<Message>(message: Message): MessageCodec<Message> {
  return { cells: () => [], read: () => message };
}
