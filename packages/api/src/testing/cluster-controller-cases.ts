import type { AcceptanceCase } from "./acceptance-case.ts";
import type { ClusterControllerSubject } from "./cluster-controller-subject.ts";
import { initCases } from "./init-cases.ts";
import { leadershipCases } from "./leadership-cases.ts";
import { membershipCases } from "./membership-cases.ts";

/** What every `ClusterController` owes its users. The cases are independent and take any order. */
export const clusterControllerCases: readonly AcceptanceCase<ClusterControllerSubject>[] = [
  ...initCases,
  ...membershipCases,
  ...leadershipCases,
];
