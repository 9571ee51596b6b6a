const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new id in Stripe's manner: the object's prefix and 24 random letters and digits (`in_…`, `cus_…`). */
export function newId(prefix: string): string {
  return `${prefix}_${randomLetters(24)}`;
}

/**
 * Random letters and digits, for ids and for the secrets of a stand-in. They come from `Math.random`, which a simulation
 * seeds, so that they are the same again.
 */
export function randomLetters(length: number): string {
  let letters = '';
  while (letters.length < length) letters += alphabet.charAt(Math.floor(Math.random() * alphabet.length));
  return letters;
}
