import { expect, test } from "vitest";
import type { OutputStream } from "../host.ts";
import { LiveUpDisplay, PlainUpDisplay } from "./up-display.ts";

/** As much of a terminal as the display uses: line feeds, cursor up, erase below. */
class Screen implements OutputStream {
  readonly isTty = true;
  readonly hasColor = false;
  readonly columns = 80;
  readonly lines: string[] = [""];

  async write(chunk: string | Uint8Array): Promise<void> {
    let text = String(chunk);
    while (text !== "") {
      const [erasure, count] = /^\u001b\[(\d+)A\r\u001b\[0J/.exec(text) ?? [];
      if (erasure !== undefined) {
        this.lines.splice(this.lines.length - 1 - Number(count), Infinity, "");
        text = text.slice(erasure.length);
      } else if (text.startsWith("\n")) {
        this.lines.push("");
        text = text.slice(1);
      } else {
        this.lines[this.lines.length - 1] += text[0] ?? "";
        text = text.slice(1);
      }
    }
  }
}

test("on a terminal the state is replaced in place, and lines stay above it", () => {
  const screen = new Screen();
  const display = new LiveUpDisplay(screen);
  display.line("started");
  display.status("A 1\nB 1");
  display.status("A 2\nB 2");
  display.line("something happened");
  display.status("A 3\nB 3\nC 3");
  expect(screen.lines).toEqual(["started", "something happened", "A 3", "B 3", "C 3", ""]);
});

test("the same state is not drawn again, and the last one stays when it ends", () => {
  const screen = new Screen();
  const display = new LiveUpDisplay(screen);
  display.status("A 1");
  const before = [...screen.lines];
  display.status("A 1");
  expect(screen.lines).toEqual(before);
  display.end();
  display.line("stopping");
  expect(screen.lines).toEqual(["A 1", "stopping", ""]);
});

test("elsewhere there are lines alone, without any control character", () => {
  const screen = new Screen();
  const display = new PlainUpDisplay(screen);
  display.line("started");
  display.status();
  display.line("stopped");
  expect(screen.lines).toEqual(["started", "stopped", ""]);
});
