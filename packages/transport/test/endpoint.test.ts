import { AspenError, type PeerEvent } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { Endpoint } from "../src/endpoint.ts";
import { FRAME_KINDS } from "../src/frame-kind.ts";
import { createSeededRandom } from "../src/testing/seeded-random.ts";
import { createVirtualClock } from "../src/testing/virtual-clock.ts";
import { encodeWireError } from "../src/wire-error.ts";
import type { SessionLink } from "../src/session-link.ts";
import { DECIDER_ID, LOCAL_ID, OPEN_GATE, ScriptedLink, frame, helloFrame } from "./scripted-link.ts";

const PROMPT = { deadlineMs: 4_000 };
const codeOf = (error: unknown) => (error instanceof AspenError ? error.code : error);

/** An endpoint whose links are made by the test. */
async function createEndpoint() {
  const clock = createVirtualClock();
  const dials: { readonly address: string; readonly answer: PromiseWithResolvers<SessionLink> }[] = [];
  let deliver = (_link: SessionLink): void => {};
  const endpoint = new Endpoint(
    {
      localPeerId: LOCAL_ID,
      addresses: ["/scripted"],
      start: (onLink) => {
        deliver = onLink;
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
      peerIdOf: (address) => address.split("/p2p/")[1],
      dial: (address, _expected, signal) => {
        const answer = Promise.withResolvers<SessionLink>();
        signal.addEventListener("abort", () => answer.reject(signal.reason));
        dials.push({ address, answer });
        return answer.promise;
      },
    },
    { gate: OPEN_GATE, clock, random: createSeededRandom(1) },
  );
  await endpoint.start();
  return { clock, endpoint, dials, deliver: (link: SessionLink) => deliver(link) };
}

const conflict = () => frame(FRAME_KINDS.goodbye, 0, encodeWireError(new AspenError("conflict", "another session")));

describe("connecting", () => {
  test("calls for one address share a dial, and each keeps its own deadline", async () => {
    const { clock, endpoint, dials } = await createEndpoint();
    const short = endpoint.connect("/a", { deadlineMs: 100 }).catch(codeOf);
    const controller = new AbortController();
    const aborted = endpoint.connect("/a", { ...PROMPT, signal: controller.signal }).catch(codeOf);
    const long = endpoint.connect("/a", PROMPT);
    await clock.advance(150);
    controller.abort();
    expect([await short, await aborted, dials.length]).toEqual(["timeout", "timeout", 1]);
    const link = new ScriptedLink(DECIDER_ID, true);
    dials[0]?.answer.resolve(link);
    await clock.advance(0);
    link.feed(helloFrame());
    link.feed(frame(FRAME_KINDS.accept, 0));
    expect(await clock.settle(long)).toBe(DECIDER_ID);
    await endpoint.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  test("a dial whose session gives way to a crossing one waits for that one", async () => {
    const { clock, endpoint, dials, deliver } = await createEndpoint();
    const connecting = endpoint.connect("/a", PROMPT).catch(codeOf);
    await clock.advance(0);
    const [dialled, accepted] = [new ScriptedLink(DECIDER_ID, true), new ScriptedLink(DECIDER_ID, false)];
    dials[0]?.answer.resolve(dialled);
    deliver(accepted);
    await clock.advance(0);
    for (const link of [dialled, accepted]) link.feed(helloFrame());
    // Two links keep no order between them: the refusal may come before the acceptance.
    dialled.feed(conflict());
    await clock.advance(10);
    expect(endpoint.connectedPeers).toEqual([]);
    accepted.feed(frame(FRAME_KINDS.accept, 0));
    expect(await clock.settle(connecting)).toBe(DECIDER_ID);
    await endpoint.stop();
  });

  test("a refusal that no session follows ends with the dial's deadline; any other refusal at once", async () => {
    const { clock, endpoint, dials } = await createEndpoint();
    for (const [code, expected] of [
      ["conflict", "timeout"],
      ["forbidden", "forbidden"],
    ] as const) {
      const connecting = endpoint.connect(`/${code}`, PROMPT).catch(codeOf);
      await clock.advance(0);
      const link = new ScriptedLink(DECIDER_ID, true);
      dials.at(-1)?.answer.resolve(link);
      await clock.advance(0);
      link.feed(frame(FRAME_KINDS.goodbye, 0, encodeWireError(new AspenError(code, ""))));
      expect(await clock.settle(connecting)).toBe(expected);
    }
    await clock.advance(5_000);
    await endpoint.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  test("two addresses of one peer are dialled one after the other, and success at the first is enough", async () => {
    const { clock, endpoint, dials } = await createEndpoint();
    const both = Promise.all(["/one", "/two"].map((path) => endpoint.connect(`${path}/p2p/${DECIDER_ID}`, PROMPT)));
    await clock.advance(0);
    expect(dials.map(({ address }) => address)).toEqual([`/one/p2p/${DECIDER_ID}`]);
    const link = new ScriptedLink(DECIDER_ID, true);
    dials[0]?.answer.resolve(link);
    await clock.advance(0);
    link.feed(helloFrame());
    link.feed(frame(FRAME_KINDS.accept, 0));
    expect([await clock.settle(both), dials.length]).toEqual([[DECIDER_ID, DECIDER_ID], 1]);
    await endpoint.stop();
  });

  test("stopping ends dials under way with `shutting_down`", async () => {
    const { clock, endpoint } = await createEndpoint();
    const connecting = endpoint.connect("/a", PROMPT).catch(codeOf);
    await clock.advance(0);
    await endpoint.stop();
    expect(await clock.settle(connecting)).toBe("shutting_down");
    expect(clock.pendingTimers).toBe(0);
  });

  test("a listener that throws, and one that is gone, do not keep events from the others", async () => {
    const { endpoint, deliver } = await createEndpoint();
    const heard: PeerEvent[] = [];
    endpoint.onPeerEvent(() => {
      throw new Error("a bug");
    });
    const unsubscribe = endpoint.onPeerEvent((event) => heard.push(event));
    endpoint.onPeerEvent((event) => heard.push(event));
    unsubscribe();
    const link = new ScriptedLink(DECIDER_ID, false);
    deliver(link);
    link.feed(helloFrame());
    link.feed(frame(FRAME_KINDS.accept, 0));
    expect(heard).toEqual([{ kind: "connected", peerId: DECIDER_ID }]);
    await endpoint.stop();
  });
});
