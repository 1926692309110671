import type { ClusterObserver } from "./cluster-observer.ts";

type Told = Omit<ClusterObserver, "name">;

/** Tells all of them; what one of them throws is its verdict, and stays out of the code under test. */
export function combineObservers(
  observers: readonly ClusterObserver[],
  onVerdict: (checker: string, error: unknown) => void,
): Required<Told> {
  /** Most observers listen to little, and much is told. */
  const those = (listens: keyof Told, tell: (observer: ClusterObserver) => void): void => {
    for (const observer of listeners[listens]) {
      try {
        tell(observer);
      } catch (error) {
        onVerdict(observer.name, error);
      }
    }
  };
  const listening = (listens: keyof Told) => observers.filter((observer) => observer[listens] !== undefined);
  const listeners: Readonly<Record<keyof Told, readonly ClusterObserver[]>> = {
    onStarted: listening("onStarted"),
    onRole: listening("onRole"),
    onLogWrite: listening("onLogWrite"),
    onLogDurable: listening("onLogDurable"),
    onLogReset: listening("onLogReset"),
    onMembership: listening("onMembership"),
    onApplied: listening("onApplied"),
    onMessage: listening("onMessage"),
    onLost: listening("onLost"),
    onCall: listening("onCall"),
    onSnapshotInstalled: listening("onSnapshotInstalled"),
  };
  return {
    onStarted: (...told) => those("onStarted", (observer) => observer.onStarted?.(...told)),
    onRole: (...told) => those("onRole", (observer) => observer.onRole?.(...told)),
    onLogWrite: (...told) => those("onLogWrite", (observer) => observer.onLogWrite?.(...told)),
    onLogDurable: (...told) => those("onLogDurable", (observer) => observer.onLogDurable?.(...told)),
    onLogReset: (...told) => those("onLogReset", (observer) => observer.onLogReset?.(...told)),
    onMembership: (...told) => those("onMembership", (observer) => observer.onMembership?.(...told)),
    onApplied: (...told) => those("onApplied", (observer) => observer.onApplied?.(...told)),
    onMessage: (...told) => those("onMessage", (observer) => observer.onMessage?.(...told)),
    onLost: (...told) => those("onLost", (observer) => observer.onLost?.(...told)),
    onCall: (...told) => those("onCall", (observer) => observer.onCall?.(...told)),
    onSnapshotInstalled: (...told) =>
      those("onSnapshotInstalled", (observer) => observer.onSnapshotInstalled?.(...told)),
  };
}
