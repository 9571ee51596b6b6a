import { ConfigError } from '@wewrite/service-kit';
import { InputRefused } from './input/fault.ts';

/** What the command's exit code says. */
export const exitCodes = { reconciled: 0, failed: 1, usage: 2, badInput: 3, environment: 4 } as const;

/** The command was called in a way that cannot work; the message says which one can. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}

/** The machine or its configuration lacks something; the message says which part and what to do. */
export class EnvironmentFault extends Error {
  override readonly name = 'EnvironmentFault';
}

/** The command could not do what it was asked for, and no bug of ours is to blame; the message says why. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
}

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageFault) return exitCodes.usage;
  if (error instanceof InputRefused) return exitCodes.badInput;
  if (error instanceof EnvironmentFault || error instanceof ConfigError) return exitCodes.environment;
  return exitCodes.failed;
}

/** What a person is told of a failure: expected ones by their sentence and their causes', our own bugs with their place. */
export function explain(error: unknown): string {
  if (!Error.isError(error)) return String(error);
  const isBug = exitCodeOf(error) === exitCodes.failed && !(error instanceof RunFailure);
  return [isBug ? (error.stack ?? error.message) : error.message, ...causesOf(error)].join('\n  because: ');
}

function causesOf(error: Error): string[] {
  if (error.cause === undefined) return [];
  return Error.isError(error.cause) ? [error.cause.message, ...causesOf(error.cause)] : [String(error.cause)];
}
