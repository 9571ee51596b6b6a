/** Work that `/idle` reports: all zero and `activity` unchanged between two looks means that nothing is under way. */
export interface IdleReport {
  readonly outbox: number;
  readonly lag: number;
  readonly due: number;
  readonly activity: number;
}
