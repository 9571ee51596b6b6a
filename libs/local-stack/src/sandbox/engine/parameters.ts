import { z } from 'zod';
import { isMap } from './form.ts';
import { type FailureDetail, StripeFailure } from './stripe-failure.ts';

// Parameters of v1 come as texts. These schemas read them; those of v2, which come as JSON, are plain zod.

/** A whole number written as text, for instance an amount in cents or a time in seconds. */
export const wholeNumber = z
  .string()
  .regex(/^-?\d{1,15}$/, 'Invalid integer')
  .transform(Number);

/** A whole number within bounds, both included. */
export function between(lowest: number, highest: number) {
  return wholeNumber.refine((value) => value >= lowest && value <= highest, `must be between ${lowest} and ${highest}`);
}

/** An amount in cents that may not be below `minimum`. */
export function amountCents(minimum: number) {
  return wholeNumber.refine((cents) => cents >= minimum, `This value must be greater than or equal to ${minimum}.`);
}

export const flag = z.enum(['true', 'false'], 'Invalid boolean').transform((text) => text === 'true');

export const words = z.string().min(1, 'You passed an empty string. We assume empty values are an attempt to unset.');

/** A list, sent as `name[0]=…`. */
export function listOf<Element extends z.ZodType>(element: Element) {
  return z.preprocess((value) => (isMap(value) ? Object.values(value) : value), z.array(element));
}

/** `created=…` or `created[gte]=…`, in Unix seconds. */
export const createdRange = z.union([
  wholeNumber.transform((seconds) => ({ gte: seconds, lte: seconds })),
  z.strictObject({
    gt: wholeNumber.optional(),
    gte: wholeNumber.optional(),
    lt: wholeNumber.optional(),
    lte: wholeNumber.optional(),
  }),
]);

export const currency = z
  .string()
  .transform((code) => code.toLowerCase())
  .refine((code) => code === 'usd', 'Invalid currency: this account takes usd');

/** The parameters that every list takes. */
export const page = {
  limit: between(1, 100).optional(),
  starting_after: words.optional(),
  ending_before: words.optional(),
};

/** Checks parameters as Stripe does: an unknown, missing or badly typed one is a 400 that names it. */
export function checkParameters<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const checked = schema.safeParse(raw);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new StripeFailure(400, detailOf(innermost(issue), raw), { validation: true });
}

/** A union reports all its branches; the one that got furthest is the one the caller meant. */
function innermost(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== 'invalid_union') return issue;
  const [furthest] = issue.errors.flat().sort((left, right) => right.path.length - left.path.length);
  return furthest === undefined ? issue : innermost({ ...furthest, path: [...issue.path, ...furthest.path] });
}

function detailOf(issue: z.core.$ZodIssue | undefined, raw: unknown): FailureDetail {
  const type = 'invalid_request_error';
  if (issue === undefined) return { type, message: 'Invalid request.' };
  if (issue.code === 'unrecognized_keys') {
    const param = bracketed([...issue.path, issue.keys[0] ?? '']);
    return { type, code: 'parameter_unknown', message: `Received unknown parameter: ${param}`, param };
  }
  const param = bracketed(issue.path);
  const value = valueAt(raw, issue.path);
  if (value === undefined) {
    return { type, code: 'parameter_missing', message: `Missing required param: ${param}.`, param };
  }
  if (value === '')
    return { type, code: 'parameter_invalid_empty', message: `Invalid ${param}: ${issue.message}`, param };
  const code = issue.message === 'Invalid integer' ? { code: 'parameter_invalid_integer' } : {};
  return { type, ...code, message: `Invalid ${param}: ${issue.message} (${shown(value)})`, param };
}

function bracketed(path: ReadonlyArray<PropertyKey>): string {
  const [first = '', ...rest] = path.map(String);
  return rest.reduce((text, segment) => `${text}[${segment}]`, first);
}

function valueAt(raw: unknown, path: ReadonlyArray<PropertyKey>): unknown {
  let value = raw;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, segment)?.value;
  }
  return value;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
