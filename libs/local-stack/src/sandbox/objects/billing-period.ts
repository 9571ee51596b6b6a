/** The moment of a month at which a subscription renews, UTC. */
export interface BillingAnchor {
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A stretch of time in Unix seconds; the end does not belong to it. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

/** The whole billing month that contains an instant; an instant on the anchor begins its month. */
export function billingMonth(anchor: BillingAnchor, atSeconds: number): Period {
  const at = new Date(atSeconds * 1000);
  const month = at.getUTCFullYear() * 12 + at.getUTCMonth();
  const thisMonths = anchorIn(anchor, month);
  return thisMonths <= atSeconds
    ? { start: thisMonths, end: anchorIn(anchor, month + 1) }
    : { start: anchorIn(anchor, month - 1), end: thisMonths };
}

/** The anchor that an instant is on. */
export function anchorAt(seconds: number): BillingAnchor {
  const at = new Date(seconds * 1000);
  return { day: at.getUTCDate(), hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds() };
}

/** The part of an amount that falls to `part` of `whole`, by seconds, rounded half up. */
export function prorate(amountCents: number, part: Period, whole: Period): number {
  const share = BigInt(amountCents) * BigInt(part.end - part.start) * 2n;
  const length = BigInt(whole.end - whole.start);
  return Number((share + length) / (2n * length));
}

/** A day that a month lacks becomes its last. */
function anchorIn({ day, hour, minute, second }: BillingAnchor, monthNumber: number): number {
  const year = Math.floor(monthNumber / 12);
  const month = monthNumber % 12;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, lastDay), hour, minute, second) / 1000;
}
