import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { isShape } from '../libs/local-stack/src/sandbox/engine/shape.ts';
import { describedCalls } from './stripe-description/described-calls.ts';
import { description, descriptionFile } from './stripe-description/description.ts';

const sdk = fileURLToPath(new URL('../node_modules/stripe/esm', import.meta.url));
const shapeOf = (call: string) => describedCalls(sdk, new Set([call]))[0]?.parameters;

describe('the description of Stripe’s calls', () => {
  test('is what the installed SDK says of every call that the sandbox answers', () => {
    expect(readFileSync(descriptionFile, 'utf8')).toBe(description());
  });

  test('says which parameters there are, which have to be, and which words they take', () => {
    const shape = shapeOf('POST /v1/transfers');
    expect(isShape(shape)).toBe(true);
    expect(shape).toMatchObject({
      required: ['currency', 'destination'],
      fields: {
        amount: 'number',
        expand: { list: 'text' },
        metadata: { map: { either: ['text', 'number', 'nothing'] } },
        source_type: { words: ['bank_account', 'card', 'fpx'] },
      },
    });
    expect(shape).not.toHaveProperty('fields.color');
  });

  test('says what is inherited, what may be emptied, and that v2 takes instants', () => {
    expect(shapeOf('GET /v1/transfers')).toMatchObject({ fields: { limit: 'number', starting_after: 'text' } });
    expect(shapeOf('POST /v1/subscriptions/:id')).toMatchObject({
      fields: {
        cancel_at: {
          either: ['nothing', 'number', { words: ['max_billed_until', 'max_period_end', 'min_period_end'] }],
        },
      },
    });
    expect(shapeOf('GET /v2/money_management/received_credits')).toMatchObject({
      fields: { created: { fields: { gte: 'text' } }, page: 'text' },
    });
  });
});
