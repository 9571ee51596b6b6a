import { describe, expect, test } from '@jest/globals';
import { compareContracts, contractsOf } from './index.ts';

const cents = { type: 'integer', minimum: 0 };
const problem = { type: 'object', properties: { code: { enum: ['busy'] } }, required: ['code'] };
const answer = {
  type: 'object',
  properties: { state: { type: 'string', enum: ['held', 'released'] }, netCents: cents },
  required: ['state', 'netCents'],
  additionalProperties: false,
};
const body = { type: 'object', properties: { cents }, required: ['cents'], additionalProperties: false };
const limit = { in: 'query', name: 'limit', schema: { type: 'integer', maximum: 500 } };

const put = {
  parameters: [limit] as object[],
  requestBody: { required: true, content: { 'application/json': { schema: body as object } } },
  responses: {
    '200': { content: { 'application/json': { schema: answer as object } } },
    '4XX': { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
  } as Record<string, object>,
  security: [{ bearer: [] }] as object[],
  'x-roles': ['writer', 'admin'],
};

function contracts(operation: object | null, problemSchema: object = problem) {
  const paths = operation === null ? {} : { '/v1/holds/{id}': { put: operation } };
  return contractsOf({ 'http/earnings.json': { paths, components: { schemas: { Problem: problemSchema } } } });
}

function changes(operation: object | null, problemSchema = problem): string[] {
  return compareContracts(contracts(put), contracts(operation, problemSchema), () => null).map(
    ({ severity, sentence }) => `${severity}: ${sentence}`,
  );
}

const answering = (schema: object) => ({
  ...put,
  responses: { ...put.responses, '200': { content: { 'application/json': { schema } } } },
});
const taking = (schema: object) => ({
  ...put,
  requestBody: { required: true, content: { 'application/json': { schema } } },
});

describe('an HTTP API as it was, and as it is', () => {
  test('Contracts: nothing has changed', () => {
    expect(changes(put)).toEqual([]);
  });

  test('Contracts: a call that is gone breaks clients, a new one nobody', () => {
    expect(compareContracts(contracts(put), contracts(null), () => null)).toEqual([
      {
        severity: 'breaking',
        contract: 'PUT /v1/holds/{id}',
        sentence: 'it is gone',
        owners: ['earnings'],
        hits: ['clients of earnings'],
      },
    ]);
    expect(compareContracts(contracts(null), contracts(put), () => null)).toMatchObject([
      { severity: 'note', sentence: 'it is new' },
    ]);
  });

  test.each<[string, object, string]>([
    ['a token that is needed now', { ...put, 'x-roles': ['writer'] }, 'breaking: it is closed to the role admin'],
    ['a parameter less', { ...put, parameters: [] }, 'breaking: query parameter limit is refused as unknown'],
    [
      'a parameter that is needed now',
      { ...put, parameters: [{ ...limit, required: true }] },
      'breaking: query parameter limit is needed now',
    ],
    [
      'a new parameter that is needed',
      { ...put, parameters: [limit, { in: 'query', name: 'month', required: true }] },
      'breaking: query parameter month is new, and needed',
    ],
    [
      'a tighter parameter',
      { ...put, parameters: [{ ...limit, schema: { type: 'integer', maximum: 100 } }] },
      'breaking: query parameter limit: more than 100 may come, and is refused',
    ],
    [
      'a field of the body that is needed now',
      taking({ ...body, properties: { cents, why: { type: 'string' } }, required: ['cents', 'why'] }),
      'breaking: body.why: it may be missing, and is needed',
    ],
    [
      'a field of the body less',
      taking({ ...body, properties: {}, required: [] }),
      'breaking: body.cents: it may come, and is refused as unknown',
    ],
    [
      'a field of the answer less',
      answering({ ...answer, properties: { state: answer.properties.state }, required: ['state'] }),
      'breaking: answer 200.netCents: it may be missing, and is needed',
    ],
    [
      'another type in the answer',
      answering({ ...answer, properties: { ...answer.properties, netCents: { type: 'string' } } }),
      'breaking: answer 200.netCents: string may come, and only integer is taken',
    ],
    ['another status', { ...put, responses: { '202': put.responses['200'] } }, 'breaking: it answers 200 no more'],
    [
      'another media type',
      { ...put, responses: { ...put.responses, '200': { content: { 'text/csv': {} } } } },
      'breaking: answer 200 is no application/json any more',
    ],
  ])('Contracts: %s breaks clients', (_, operation, sentence) => {
    expect(changes(operation)).toContain(sentence);
  });

  test.each<[string, object]>([
    ['a parameter more', { ...put, parameters: [limit, { in: 'query', name: 'cursor' }] }],
    ['an optional field of the body', taking({ ...body, properties: { cents, why: { type: 'string' } } })],
    ['a wider field of the body', taking({ ...body, properties: { cents: { type: 'integer' } } })],
    [
      'a field of the answer more',
      answering({ ...answer, properties: { ...answer.properties, at: {} }, required: ['state', 'netCents', 'at'] }),
    ],
    ['another role', { ...put, 'x-roles': ['writer', 'admin', 'supporter'] }],
    ['no token any more', { ...put, security: [], 'x-roles': [] }],
  ])('Contracts: %s is a note', (_, operation) => {
    expect(changes(operation)).toEqual(['note: it has grown']);
  });

  test('Contracts: a new value in an answer is a note, since clients take it for an unknown one', () => {
    const state = { type: 'string', enum: ['held', 'released', 'reversed'] };
    expect(changes(answering({ ...answer, properties: { ...answer.properties, state } }))).toEqual([
      'note: answer 200.state: "reversed" may come, and is not known',
    ]);
    const wider = { ...problem, properties: { code: { enum: ['busy', 'not_parked'] } } };
    expect(changes(put, wider)).toEqual(['note: answers.code: "not_parked" may come, and is not known']);
  });

  test('Contracts: a public call that needs a token now breaks clients', () => {
    const open = { ...put, security: [], 'x-roles': [] };
    const [found] = compareContracts(contracts(open), contracts(put), () => null);
    expect(found).toMatchObject({ severity: 'breaking', sentence: 'it needs a token now' });
  });
});
