import { describe, expect, test } from '@jest/globals';
import { writerChanged } from '@wewrite/contracts';
import { z } from 'zod';
import { ConfigError, type KitConfig, kitEnvironment } from './config.ts';
import { problemResponses } from './http/server.ts';
import { hears } from './inbox.ts';
import { runnable } from './runnable.ts';
import type { ServiceDefinition } from './service.ts';

const definition: ServiceDefinition<KitConfig, unknown> = {
  name: 'payouts',
  version: '1.2.3',
  environment: kitEnvironment(0),
  migrations: [],
  create: () => ({
    beforeStart: () => Promise.reject(new Error('nothing is started')),
    hearings: [hears(writerChanged, async () => undefined)],
    routes: (server) => {
      server.get(
        '/v1/things/:id',
        {
          schema: {
            params: z.object({ id: z.uuid() }),
            response: { 200: z.object({ cents: z.int() }), ...problemResponses },
          },
          config: { access: ['writer', 'admin'] },
        },
        async () => ({ cents: 1 }),
      );
    },
  }),
};
const environment = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing', KAFKA_BROKERS: '127.0.0.1:1' };

describe('a service that does not run', () => {
  test('says what it hears and answers, although nothing that it needs is there', async () => {
    const { hears: topics, openApi } = await runnable(definition).describe({ ...environment, JWKS_FILE: 'nothing' });
    expect(topics).toEqual(['writer.changed', 'operator.command']);
    expect(openApi).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'WeWrite payouts', version: '1.2.3' },
      components: { schemas: { Problem: { properties: { traceId: { type: 'string' } } } } },
      paths: {
        '/v1/things/{id}': {
          get: {
            security: [{ bearer: [] }],
            'x-roles': ['writer', 'admin'],
            parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'string', format: 'uuid' } }],
            responses: {
              200: { content: { 'application/json': { schema: { required: ['cents'] } } } },
              '4XX': { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
            },
          },
        },
      },
    });
  });

  test('says what is wrong with its environment', async () => {
    await expect(runnable(definition).describe(environment)).rejects.toBeInstanceOf(ConfigError);
  });
});
