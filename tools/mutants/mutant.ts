/** A small wrong change of the product that a test must notice: proof that the tests can fail. */
export interface Mutant {
  /** Lower-case words joined by dashes. */
  readonly name: string;
  /** What it breaks: a rule's number (`A4`), or the promise in a few words. */
  readonly rule: string;
  /** What is wrong with it, in a sentence of the product. */
  readonly wrong: string;
  /** The file that is changed, from the root of the repository. */
  readonly file: string;
  readonly edits: readonly Edit[];
  /** Test files that should notice, cheapest first; they are run until one does. */
  readonly tests: readonly string[];
}

/** A text that stands exactly once in its file, and what is put in its place. */
export interface Edit {
  readonly from: string;
  readonly to: string;
}

/** The file's text with the mutant in it. Throws when a text to be replaced is gone, or stands there more than once. */
export function mutated(text: string, { name, file, edits }: Mutant): string {
  return edits.reduce((changed, { from, to }) => {
    const parts = changed.split(from);
    if (parts.length !== 2) {
      throw new Error(`mutant ${name}: its text stands ${parts.length - 1} times in ${file}:\n${from}`);
    }
    return parts.join(to);
  }, text);
}
