/** A message's bytes: one command of the largest size alone, or many up to the sender's configured bytes. */
export const limits = {
  messageBytesMax: 10 * 1024 * 1024,
  messageEntriesMax: 10_000,
} as const;
