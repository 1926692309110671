import type { ClusterObserver } from "./cluster-observer.ts";

/** Tells all of them; what one of them throws is its verdict, and stays out of the code under test. */
export function combineObservers(
  observers: readonly ClusterObserver[],
  onVerdict: (checker: string, error: unknown) => void,
): Required<Omit<ClusterObserver, "name">> {
  const each = (tell: (observer: ClusterObserver) => void): void => {
    for (const observer of observers) {
      try {
        tell(observer);
      } catch (error) {
        onVerdict(observer.name, error);
      }
    }
  };
  return {
    onStarted: (...told) => each((observer) => observer.onStarted?.(...told)),
    onRole: (...told) => each((observer) => observer.onRole?.(...told)),
    onLogWrite: (...told) => each((observer) => observer.onLogWrite?.(...told)),
    onLogDurable: (...told) => each((observer) => observer.onLogDurable?.(...told)),
    onLogReset: (...told) => each((observer) => observer.onLogReset?.(...told)),
    onMembership: (...told) => each((observer) => observer.onMembership?.(...told)),
    onApplied: (...told) => each((observer) => observer.onApplied?.(...told)),
    onMessage: (...told) => each((observer) => observer.onMessage?.(...told)),
    onLost: (...told) => each((observer) => observer.onLost?.(...told)),
    onCall: (...told) => each((observer) => observer.onCall?.(...told)),
    onSnapshotInstalled: (...told) => each((observer) => observer.onSnapshotInstalled?.(...told)),
  };
}
