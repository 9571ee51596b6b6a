import { expect, test } from '@jest/globals';
import type { ServiceName } from '@wewrite/contracts';
import type { RunnableService } from '@wewrite/service-kit';
import { startHarness } from './harness.ts';

function serviceOf(name: ServiceName, run: RunnableService['run']): RunnableService {
  return { name, migrations: [], run, describe: () => Promise.reject(new Error(`${name} is not described`)) };
}

test('a harness of which one service fails to start leaves none of the others running', async () => {
  const stopped: string[] = [];
  const first = serviceOf('billing', async () => ({
    ...{ name: 'billing', url: '', adminUrl: '', crashed: new Promise<Error>(() => undefined) },
    stop: async () => void stopped.push('billing'),
  }));
  const second = serviceOf('payouts', () => Promise.reject(new Error('the port is taken')));
  const starting = startHarness({ services: [first, second], now: '2026-12-01T09:00:00.000Z' });
  await expect(starting).rejects.toThrow('the port is taken');
  expect(stopped).toEqual(['billing']);
});
