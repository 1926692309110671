/**
 * The peer broke the protocol: an operating fault, returned and not thrown. The session that meets one says goodbye
 * with it and ends. The message names the rule (SPEC.md) and never repeats the peer's bytes.
 */
export interface SessionFault {
  readonly kind: "violation";
  readonly message: string;
}

export function violation(message: string): SessionFault {
  return { kind: "violation", message };
}
