import { z } from 'zod';

/** Whole US cents, a safe integer. May be negative in differences and balances; see {@link PositiveCentsSchema} for amounts. */
export const CentsSchema = z.int().brand<'Cents'>();
export type Cents = z.infer<typeof CentsSchema>;

/** Cents that cannot be negative: budgets, funded parts, fees. */
export const NonNegativeCentsSchema = z.int().min(0).brand<'Cents'>();

/** Every amount carries its currency where it crosses a boundary. */
export const CurrencySchema = z.literal('usd');
export type Currency = z.infer<typeof CurrencySchema>;

/** No money. */
export const zeroCents = 0 as Cents;

/** Brands a number as cents. Throws a RangeError when it is not a safe integer: our own bug, or data that was never checked. */
export function cents(value: number): Cents {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not whole cents within the safe range: ${value}`);
  return value as Cents;
}

/** Adds cents; throws a RangeError when the sum leaves the safe range. */
export function sumCents(values: Iterable<Cents>): Cents {
  let total = 0;
  for (const value of values) total = cents(total + value);
  return cents(total);
}

/** `amount × numerator ÷ denominator`, rounded half up, exact for every safe amount. Amount and factors must not be negative. */
export function multiplyHalfUp(amount: Cents, numerator: number, denominator: number): Cents {
  const doubled = 2n * BigInt(amount) * BigInt(numerator) + BigInt(denominator);
  return cents(Number(doubled / (2n * BigInt(denominator))));
}

/** A rate in basis points of an amount, rounded half up (C1, D1). */
export function basisPointsOf(amount: Cents, basisPoints: number): Cents {
  return multiplyHalfUp(amount, basisPoints, 10_000);
}

/** Cents as dollars for people: the last thing done with an amount. */
export function dollars(amountCents: number): string {
  const absolute = Math.abs(amountCents);
  const whole = Math.floor(absolute / 100).toLocaleString('en-US');
  const text = `$${whole}.${String(absolute % 100).padStart(2, '0')}`;
  return amountCents < 0 ? `-${text}` : text;
}
