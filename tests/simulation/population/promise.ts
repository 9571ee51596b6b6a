/** Something that must never be has been seen: the run ends, and its seed has found something. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Says what must be so; throws a {@link BrokenPromise} with the sentence when it is not. */
export function promised(isKept: boolean, sentence: string): asserts isKept {
  if (!isKept) throw new BrokenPromise(sentence);
}
