import { describe, expect, test } from '@jest/globals';
import { isShape, misfitOf, type Shape } from './shape.ts';

const order: Shape = {
  fields: {
    amount: 'number',
    kind: { words: ['once', 'monthly'] },
    items: { list: { fields: { id: 'text', quantity: 'number' }, required: ['id'] } },
    metadata: { map: 'text' },
    cancel_at: { either: ['nothing', 'number', { words: ['max_period_end'] }] },
    created: { either: ['number', { fields: { gte: 'number' }, required: [] }] },
    live: 'flag',
  },
  required: ['amount'],
};

describe('a shape', () => {
  test('is known from anything else that JSON can say', () => {
    expect(isShape(order)).toBe(true);
    const others = ['word', null, 7, {}, { list: 'word' }, { fields: {} }, { words: [7] }, { either: [{}] }, []];
    expect(others.filter(isShape)).toEqual([]);
  });
});

describe('a request and its description', () => {
  test('fit in a form, where all is text, as well as in JSON', () => {
    const form = { amount: '1', items: { 0: { id: 'a' }, 1: { id: 'b', quantity: '2' } }, live: 'true', cancel_at: '' };
    expect(misfitOf(order, form)).toBeNull();
    const json = { amount: 1, items: [{ id: 'a', quantity: 2 }], live: false, cancel_at: null, metadata: { any: 'x' } };
    expect(misfitOf(order, json)).toBeNull();
    expect(misfitOf(order, { amount: 1, cancel_at: 'max_period_end', created: { gte: '7' } })).toBeNull();
  });

  test.each([
    [{}, 'amount is missing'],
    [{ amount: 'much' }, 'amount is no number'],
    [{ amount: 1, colour: 'red' }, 'colour is unknown'],
    [{ amount: 1, kind: 'yearly' }, 'kind is none of once, monthly'],
    [{ amount: 1, items: { 0: { id: 'a', colour: 'red' } } }, 'items[0][colour] is unknown'],
    [{ amount: 1, items: [{ quantity: 1 }] }, 'items[0][id] is missing'],
    [{ amount: 1, items: 'a' }, 'items is no list'],
    [{ amount: 1, metadata: 'a' }, 'metadata is no map'],
    [{ amount: 1, live: 'yes' }, 'live is no flag'],
    [{ amount: 1, created: { until: '7' } }, 'created[until] is unknown'],
    ['nothing at all', 'what was sent is no map'],
  ])('that do not fit: %j', (request, misfit) => {
    expect(misfitOf(order, request)).toBe(misfit);
  });
});
