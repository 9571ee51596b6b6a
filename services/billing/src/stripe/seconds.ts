/** The instant of Stripe's Unix seconds. */
export function instantOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

/** Stripe's Unix seconds of an instant, rounded down. */
export function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
