import { type ProblemCode, problemStatuses } from '@wewrite/contracts';

/** An expected "no": a code, a sentence that says what to do, and what the caller needs to act on it. Nothing was changed. */
export class Refusal extends Error {
  readonly code: ProblemCode;
  readonly field: string | undefined;
  /** Further members of the problem answer, e.g. `availableCents`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ProblemCode,
    sentence: string,
    options: { field?: string; details?: Record<string, unknown> } = {},
  ) {
    super(sentence);
    this.name = 'Refusal';
    this.code = code;
    this.field = options.field;
    this.details = options.details ?? {};
  }

  get status(): number {
    return problemStatuses[this.code];
  }
}

/** Our own bug: this request or message dies, with the reason in the log. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Throws an {@link AssertionFailure} unless the condition holds. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new AssertionFailure(sentence);
}
