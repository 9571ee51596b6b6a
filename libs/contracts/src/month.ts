import { z } from 'zod';

/** `YYYY-MM` in UTC: a label for reporting, statements and locking. */
export const MonthSchema = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month is written YYYY-MM')
  .brand<'Month'>();
export type Month = z.infer<typeof MonthSchema>;

/** Parses `YYYY-MM`; throws a ZodError for anything else. */
export function month(text: string): Month {
  return MonthSchema.parse(text);
}

/** The month, in UTC, that an instant belongs to: an instant at the cutoff belongs to the next month. */
export function monthOf(instant: Date): Month {
  return instant.toISOString().slice(0, 7) as Month;
}

/** The first instant of the month, UTC. */
export function firstInstantOf(of: Month): Date {
  return new Date(`${of}-01T00:00:00.000Z`);
}

/** The first instant of the following month, UTC. */
export function cutoffOf(of: Month): Date {
  return firstInstantOf(nextMonth(of));
}

/** The month after. */
export function nextMonth(of: Month): Month {
  return shifted(of, 1);
}

/** The month before. */
export function previousMonth(of: Month): Month {
  return shifted(of, -1);
}

function shifted(of: Month, by: number): Month {
  const first = firstInstantOf(of);
  return monthOf(new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + by, 1)));
}
