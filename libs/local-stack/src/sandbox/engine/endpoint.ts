import { z } from 'zod';
import { requireDescribed } from './described-calls.ts';
import { checkParameters } from './parameters.ts';
import type { Turn } from './turn.ts';

/** One call of Stripe's API: its parameters are checked first, then it takes a turn. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/v1/customers/:id`; at most the one path parameter `id`. */
  readonly path: string;
  /** This call's own limit, if it has one. */
  readonly requestsPerSecond?: number;
  /** Checks the parameters; throws a validation failure. Gives what is to be done in a turn. */
  readonly prepare: (raw: unknown, id: string) => (turn: Turn) => object;
}

/** The checked parameters of a call that takes exactly these. */
export type ParametersOf<Shape extends z.core.$ZodLooseShape> = z.output<z.ZodObject<Shape, z.core.$strict>>;

/**
 * Declares a call. `shape` lists exactly the parameters that it takes here: any other is refused, as Stripe does, and so is
 * what fits `shape` and not Stripe's own description of the call.
 */
export function endpoint<Shape extends z.core.$ZodLooseShape>(
  method: Endpoint['method'],
  path: string,
  shape: Shape,
  handle: (turn: Turn, parameters: ParametersOf<Shape>, id: string) => object,
): Endpoint {
  const schema = z.strictObject(shape);
  return {
    method,
    path,
    prepare: (raw, id) => {
      const parameters = checkParameters(schema, raw);
      requireDescribed(`${method} ${path}`, raw);
      return (turn) => handle(turn, parameters, id);
    },
  };
}
