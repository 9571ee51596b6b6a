import { randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new id in Stripe's manner: the object's prefix and 24 random letters and digits (`in_…`, `cus_…`). */
export function newId(prefix: string): string {
  return `${prefix}_${randomLetters(24)}`;
}

/** Random letters and digits, for ids and secrets. */
export function randomLetters(length: number): string {
  let letters = '';
  for (const byte of randomBytes(length)) letters += alphabet.charAt(byte % alphabet.length);
  return letters;
}
