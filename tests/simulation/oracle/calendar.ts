// Months as `YYYY-MM` and instants as ISO text in UTC with milliseconds, both of which sort as they follow each other.

/** The month that an instant lies in. */
export function monthAt(instant: string): string {
  return instant.slice(0, 7);
}

/** The month after. */
export function following(month: string): string {
  const year = Number(month.slice(0, 4));
  const number = Number(month.slice(5));
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}

/** The first instant of a month. */
export function startOf(month: string): string {
  return `${month}-01T00:00:00.000Z`;
}

/** The first instant that no longer belongs to a month: its cutoff. */
export function cutoffOf(month: string): string {
  return startOf(following(month));
}

/** Whole seconds from one instant to another. */
export function secondsBetween(from: string, to: string): number {
  return Math.floor(Date.parse(to) / 1000) - Math.floor(Date.parse(from) / 1000);
}
