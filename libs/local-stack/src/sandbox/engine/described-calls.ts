import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isShape, misfitOf, type Shape } from './shape.ts';
import { StripeFailure } from './stripe-failure.ts';

const file = new URL('../description.jsonl', import.meta.url);
const lineSchema = z.object({ parameters: z.custom<Shape>(isShape) });

/** The line of each call, read when the call is first made: the longest have thousands of words. */
let lines: ReadonlyMap<string, string> | undefined;
const shapes = new Map<string, Shape>();

/**
 * Refuses what Stripe's own description of a call does not know, whatever the sandbox itself would take: a request that
 * passes here has only parameters that Stripe has, of their types, with words that it lists, and none that it needs is
 * missing. `call` is `POST /v1/transfers`.
 */
export function requireDescribed(call: string, parameters: unknown): void {
  const misfit = misfitOf(shapeOf(call), parameters);
  if (misfit === null) return;
  const message = `Stripe's description of ${call} does not fit: ${misfit}.`;
  throw new StripeFailure(400, { type: 'invalid_request_error', message }, { validation: true });
}

function shapeOf(call: string): Shape {
  const known = shapes.get(call);
  if (known !== undefined) return known;
  lines ??= readLines();
  const line = lines.get(call);
  if (line === undefined) throw new Error(`${call} is not described: write the description again`);
  const shape = lineSchema.parse(JSON.parse(line)).parameters;
  shapes.set(call, shape);
  return shape;
}

function readLines(): ReadonlyMap<string, string> {
  const [, ...described] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return new Map(described.map((line) => [/^\{"call":"([^"]+)"/.exec(line)?.[1] ?? '', line]));
}
