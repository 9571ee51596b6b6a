/** A change of a contract, and whom it concerns. */
export interface Finding {
  /** `breaking`: somebody who relies on the contract as it was, or on messages as they were, fails. */
  readonly severity: 'breaking' | 'note';
  /** `topic month.locked`, or `GET /v1/allocations`. */
  readonly contract: string;
  /** What has changed, where, and what becomes of it. */
  readonly sentence: string;
  /** Who says or serves it. */
  readonly owners: readonly string[];
  /** Who is hit: services that hear it, or `clients of <service>`. */
  readonly hits: readonly string[];
}
