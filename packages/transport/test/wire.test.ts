import { AspenError } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { FRAME_KINDS } from "../src/frame-kind.ts";
import { decodeWireError, encodeWireError } from "../src/wire-error.ts";
import { frame, helloFrame, openScript, startScript } from "./scripted-link.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const PROMPT = { deadlineMs: 1_000 };

/** The wire, byte by byte. A change here is a new protocol version. */
describe("golden bytes", () => {
  test("hello: length, kind 1, version 1, row of the instance", async () => {
    const { clock, link } = startScript();
    await clock.advance(0);
    expect(link.takeHex()).toBe("0c" + "01" + "01" + "81480102030405060708");
  });

  test("accept follows the peer's hello where this side decides", async () => {
    const { clock, link } = startScript();
    await clock.advance(0);
    link.takeHex();
    link.feed(helloFrame());
    await clock.advance(0);
    expect(link.takeHex()).toBe("02" + "02" + "00");
  });

  test("goodbye: error row of code, retryable, message, details", async () => {
    const { link, session } = await openScript();
    session.end(new AspenError("conflict", "x", { details: { n: 5, ok: true, t: "z" } }));
    const row = "84" + "68636f6e666c696374" + "f4" + "6178" + "89" + "616e0105" + "626f6b02f5" + "617400617a";
    expect(link.takeHex()).toBe((2 + row.length / 2).toString(16).padStart(2, "0") + "0300" + row);
  });

  test("a name is declared before its first use; a message carries its number as id", async () => {
    const { clock, link, session } = await openScript();
    session.traffic.send("/p", utf8("hi"));
    session.traffic.send("/p", utf8("!"));
    await clock.advance(0);
    expect(link.takeHex()).toBe("04" + "06" + "00" + "2f70" + "04" + "07" + "00" + "6869" + "03" + "07" + "00" + "21");
  });

  test("request: id, protocol number, deadline in ms, body; cancel: id", async () => {
    const { clock, link, session } = await openScript();
    const answer = session.traffic.request("/p", utf8("q"), PROMPT).catch((error: unknown) => error);
    await clock.advance(0);
    expect(link.takeHex()).toBe("0406002f70" + "06" + "09" + "01" + "00" + "e807" + "71");
    await clock.advance(1_001);
    expect(link.takeHex()).toBe("02" + "0e" + "01");
    expect(await answer).toMatchObject({ code: "timeout" });
  });

  test("response and error answer by id", async () => {
    const onRequest = ({ body }: { body: Uint8Array }) =>
      body.byteLength > 0 ? Promise.resolve(body) : Promise.reject(new AspenError("lagged", ""));
    const { clock, link } = await openScript({ handlers: { "/p": { onRequest } } });
    link.feed(frame(FRAME_KINDS.name, 0, utf8("/p")));
    link.feed(frame(FRAME_KINDS.request, 1, utf8("a"), 0, 1_000));
    link.feed(frame(FRAME_KINDS.request, 2, utf8(""), 0, 1_000));
    await clock.advance(0);
    expect(link.takeHex()).toBe(
      "03" + "0b" + "01" + "61" + "0d" + "0d" + "02" + "84" + "666c6167676564" + "f4" + "60" + "80",
    );
  });

  test("open: odd id of the dialler, protocol number, window, header; then chunk, end, credit", async () => {
    const { clock, link, session } = await openScript();
    const opening = session.traffic.openStream("/p", utf8("h"), PROMPT);
    await clock.advance(0);
    expect(link.takeHex()).toBe("0406002f70" + "07" + "0f" + "01" + "00" + "808840" + "68");
    link.feed(frame(FRAME_KINDS.credit, 1, undefined, 1_000_000));
    const stream = await opening;
    await stream.write(utf8("c"));
    await stream.end();
    await clock.advance(0);
    expect(link.takeHex()).toBe("03" + "10" + "01" + "63" + "02" + "13" + "01");
    link.feed(frame(FRAME_KINDS.chunk, 1, utf8("d")));
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    void reader.next();
    await clock.advance(0);
    expect(link.takeHex()).toBe("03" + "12" + "01" + "41");
  });

  test("the side that did not dial opens streams with even ids; abort carries an error", async () => {
    const { clock, link, session } = await openScript({ isDialer: false });
    const opening = session.traffic.openStream("/p", utf8(""), PROMPT);
    link.feed(frame(FRAME_KINDS.credit, 2, undefined, 1_000));
    const stream = await opening;
    link.takeHex();
    stream.abort(new AspenError("lagged", ""));
    await clock.advance(0);
    expect(link.takeHex()).toBe("0406002f70" + "060f0200808840" + "0d" + "14" + "02" + "84666c6167676564f46080");
  });

  test("ping and pong", async () => {
    const { clock, link } = await openScript();
    link.feed(frame(FRAME_KINDS.ping, 300));
    await clock.advance(0);
    expect(link.takeHex()).toBe("03" + "05" + "ac02");
    await clock.advance(11_000);
    expect(link.takeHex()).toBe("02" + "04" + "0a");
  });

  test("a body beyond a fragment: parts, then the kind that ends it", async () => {
    const { clock, link, session } = await openScript({ limits: { fragmentBytesMax: 4 } });
    session.traffic.send("/p", utf8("123456789"));
    session.traffic.request("/p", utf8("abcdef"), PROMPT).catch(() => {});
    await clock.advance(0);
    expect(
      link.takeFrames().map(({ kind, id, body }) => `${kind} ${id} ${Buffer.from(body).toString("latin1")}`),
    ).toEqual([
      "name 0 /p",
      "requestPart 1 \u0000\u00e8\u0007abcd",
      "messagePart 0 1234",
      "request 1 ef",
      "messagePart 0 5678",
      "message 0 9",
    ]);
  });
});

describe("errors on the wire", () => {
  test("texts are cut at their bounds, on a character", () => {
    const error = decodeWireError(encodeWireError(new AspenError("internal", "é".repeat(5_000))));
    expect(error?.message).toBe("é".repeat(512));
    const surrogate = decodeWireError(encodeWireError(new AspenError("internal", "a\ud800b")));
    expect(surrogate?.message).toBe("a\ufffdb");
  });

  test("no more than sixteen details travel", () => {
    const details = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`d${index}`, index]));
    const error = decodeWireError(encodeWireError(new AspenError("internal", "", { details })));
    expect(Object.keys(error?.details ?? {})).toHaveLength(16);
  });

  test("a code of a later release reads as `internal`, with the sender's word on retrying", () => {
    const bytes = Buffer.from(
      hexOf(encodeWireError(new AspenError("conflict", "x"))).replace("636f6e666c696374", "7a6f6e666c696374"),
      "hex",
    );
    expect(decodeWireError(bytes)).toMatchObject({ code: "internal", retryable: false, message: "x" });
  });

  test.each([[""], ["80"], ["84"], ["ff"], ["8468636f6e666c696374f4617881616e"]])("%s is no error", (hex) => {
    expect(decodeWireError(Buffer.from(hex, "hex"))).toBeUndefined();
  });
});
