/** What a stretch of SQL that is no code ends with. */
const ENDS: Readonly<Record<string, string>> = { "'": "'", '"': '"', "`": "`", "[": "]", "--": "\n", "/*": "*/" };

/** Cuts text that comes bit by bit into statements: at every semicolon that is not quoted and in no comment. */
export class StatementSplitter {
  #text = "";
  #position = 0;
  /** What ends the quotation or comment that the position is in. */
  #end: string | undefined;
  #isBlank = true;

  /** Something was begun that no semicolon has ended yet. */
  get isPending(): boolean {
    return !this.#isBlank || this.#end !== undefined;
  }

  /** The statements that end here, without their semicolons. */
  add(text: string): string[] {
    this.#text += text;
    const statements: string[] = [];
    while (this.#position < this.#text.length) {
      const statement = this.#step();
      if (statement !== undefined) statements.push(statement);
    }
    return statements;
  }

  /** What is left at the end of the input: a statement may do without its last semicolon. */
  finish(): string | undefined {
    const rest = this.#text.trim();
    const isBlank = this.#isBlank;
    this.clear();
    return isBlank ? undefined : rest;
  }

  clear(): void {
    this.#text = "";
    this.#position = 0;
    this.#end = undefined;
    this.#isBlank = true;
  }

  #step(): string | undefined {
    if (this.#end !== undefined) {
      const found = this.#text.indexOf(this.#end, this.#position);
      this.#position = found < 0 ? this.#text.length : found + this.#end.length;
      if (found >= 0) this.#end = undefined;
      return undefined;
    }
    const pair = this.#text.slice(this.#position, this.#position + 2);
    const opening = pair in ENDS ? pair : pair.slice(0, 1);
    this.#end = ENDS[opening];
    this.#position += this.#end === undefined ? 1 : opening.length;
    if (opening === ";") return this.#cut();
    const isComment = opening.length === 2;
    if (!isComment && opening.trim() !== "") this.#isBlank = false;
    return undefined;
  }

  #cut(): string | undefined {
    const statement = this.#text.slice(0, this.#position - 1).trim();
    const rest = this.#text.slice(this.#position);
    const isBlank = this.#isBlank || statement === "";
    this.clear();
    this.#text = rest;
    return isBlank ? undefined : statement;
  }
}
