import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shape } from '../../libs/local-stack/src/sandbox/engine/shape.ts';
import { SdkTypes } from './sdk-types.ts';

/** A call of Stripe's API as the SDK makes it, and what its parameters may be. */
export interface DescribedCall {
  /** `POST /v1/transfers/:id/reversals` */
  readonly call: string;
  readonly parameters: Shape;
}

/** Types that parameters of all files refer to. */
const sharedTypes = ['shared.d.ts', 'resources/V2/V2Amounts.d.ts'];
const method = /^ {4}(\w+)\([^)]*\) \{\n([\s\S]*?)^ {4}\}/gm;
const request = /this\._makeRequest\('(GET|POST|DELETE)', (?:'([^']+)'|`([^`]+)`)/;
const noParameters: Shape = { fields: {}, required: [] };

/** Of all calls of the SDK in a directory (`node_modules/stripe/esm`), those that are asked for. */
export function describedCalls(sdk: string, asked: ReadonlySet<string>): DescribedCall[] {
  const shared = sharedTypes.map((file) => join(sdk, file));
  const files = globSync('resources/**/*.js', { cwd: sdk }).sort();
  return files.flatMap((file) => callsOf(join(sdk, file), shared, asked));
}

function callsOf(file: string, shared: readonly string[], asked: ReadonlySet<string>): DescribedCall[] {
  const made = [...readFileSync(file, 'utf8').matchAll(method)].flatMap(([, name = '', body = '']) => {
    const [, verb, plain, template = ''] = request.exec(body) ?? [];
    return verb === undefined ? [] : [{ name, call: `${verb} ${plain ?? pathOf(template)}` }];
  });
  const wanted = made.filter(({ call }) => asked.has(call));
  if (wanted.length === 0) return [];
  const declarations = file.replace(/\.js$/, '.d.ts');
  const text = readFileSync(declarations, 'utf8');
  const types = new SdkTypes([...shared, declarations]);
  return wanted.map(({ name, call }) => {
    const type = text.match(new RegExp(`^ {4}${name}\\([^)]*?params\\??: ([\\w.]+)`, 'm'))?.[1];
    const parameters = type === undefined ? noParameters : types.shapeOf(type);
    return { call, parameters: call.includes(' /v2/') ? asSentToV2(parameters) : parameters };
  });
}

function pathOf(template: string): string {
  return template.replace(/\$\{encodeURIComponent\((\w+)\)\}/g, ':$1');
}

/**
 * What the SDK's types do not say of v2: the bounds of `created` are RFC 3339 instants and not numbers, and the address of a
 * list's next page, which is Stripe's to write, carries a `page`.
 */
function asSentToV2(shape: Shape): Shape {
  if (typeof shape === 'string' || !('fields' in shape)) return shape;
  const bounds = { gt: 'text', gte: 'text', lt: 'text', lte: 'text' } as const;
  const created: Shape = { fields: bounds, required: [] };
  const { fields } = shape;
  return {
    ...shape,
    fields: {
      ...fields,
      ...(fields.created === undefined ? {} : { created }),
      ...(fields.limit === undefined ? {} : { page: 'text' }),
    },
  };
}
