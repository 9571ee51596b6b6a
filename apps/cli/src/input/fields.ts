import {
  type Cents,
  cents,
  isId,
  type ResourceType,
  ResourceTypeSchema,
  resourceTypes,
  type UserId,
} from '@wewrite/contracts';

/** A cell's value, or why it has none. */
export type Parsed<Value> =
  | { readonly valid: true; readonly value: Value }
  | { readonly valid: false; readonly reason: string };

const longestShown = 60;

/** The least and the greatest subscription (E3; Stripe's own greatest charge). */
export const subscriptionCents = { least: 100, greatest: 99_999_999 } as const;

/** An id of a user or a resource (A4). */
export function parseId(text: string): Parsed<string> {
  if (text === '') return invalid('it is empty: an id has 1 to 128 bytes');
  return isId(text)
    ? valid(text)
    : invalid(`${shown(text)} is no id: an id has 1 to 128 bytes, no control characters, and is not . or ..`);
}

/** As {@link parseId}, for users. */
export function parseUserId(text: string): Parsed<UserId> {
  return parseId(text) as Parsed<UserId>;
}

/** Whole cents, not negative, written in digits. */
export function parseCents(text: string): Parsed<Cents> {
  if (text === '') return invalid('it is empty: write whole cents');
  if (/^-\d+(\.\d*)?$/.test(text)) return invalid(`${shown(text)} is negative: cents are not below 0`);
  if (/^\d+[.,]\d*$/.test(text))
    return invalid(`${shown(text)} is a fraction: write whole cents (12.50 dollars are 1250)`);
  if (!/^\d+$/.test(text)) return invalid(`${shown(text)} is not a number: write whole cents in digits`);
  const value = Number(text);
  return Number.isSafeInteger(value) && value <= subscriptionCents.greatest
    ? valid(cents(value))
    : invalid(`${shown(text)} is too large: no amount is above ${subscriptionCents.greatest}`);
}

/** A monthly subscription: between 100 and 99,999,999 cents (E3). */
export function parseSubscription(text: string): Parsed<Cents> {
  const parsed = parseCents(text);
  if (!parsed.valid || parsed.value >= subscriptionCents.least) return parsed;
  return invalid(`${shown(text)} is below the least subscription of ${subscriptionCents.least} cents`);
}

/** A subscription, or nothing. */
export function parseOptionalSubscription(text: string): Parsed<Cents | null> {
  return text === '' ? valid(null) : parseSubscription(text);
}

/** One of the types of resources. */
export function parseResourceType(text: string): Parsed<ResourceType> {
  const parsed = ResourceTypeSchema.safeParse(text);
  return parsed.success ? valid(parsed.data) : invalid(unknownWord(text, resourceTypes));
}

/** One of a few words. */
export function wordOf<Word extends string>(words: readonly Word[]): (text: string) => Parsed<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    return word === undefined ? invalid(unknownWord(text, words)) : valid(word);
  };
}

const longestTitle = 500;

/** A name or a title: text without control characters, of at most 500 characters. */
export function parseText(text: string): Parsed<string> {
  if (text.length > longestTitle)
    return invalid(`it has ${text.length} characters: at most ${longestTitle} are possible`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)
    ? invalid('it holds a control character')
    : valid(text);
}

/** An instant, exactly `YYYY-MM-DDTHH:mm:ss.sssZ`, that the calendar has. */
export function parseInstant(text: string): Parsed<Date> {
  const instant = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) ? text : Number.NaN);
  const exact = !Number.isNaN(instant.getTime()) && instant.toISOString() === text;
  return exact
    ? valid(instant)
    : invalid(`${shown(text)} is no instant: write YYYY-MM-DDTHH:mm:ss.sssZ, such as 2026-10-31T23:59:59.999Z`);
}

/** A cell's text as messages quote it. */
export function shown(text: string): string {
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

function valid<Value>(value: Value): Parsed<Value> {
  return { valid: true, value };
}

function invalid(reason: string): { valid: false; reason: string } {
  return { valid: false, reason };
}

function unknownWord(text: string, words: readonly string[]): string {
  return `${shown(text)} is unknown: it is one of ${words.join(', ')}`;
}
