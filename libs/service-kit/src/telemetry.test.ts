import { expect, test } from '@jest/globals';
import { createTelemetry } from './telemetry.ts';

test('A collector that is away loses spans, and keeps nobody from ending well and soon', async () => {
  const telemetry = createTelemetry({ service: 'orders', otlpEndpoint: 'http://127.0.0.1:1' });
  await telemetry.span({ name: 'lost' }, async () => undefined);
  const began = performance.now();
  await expect(telemetry.shutdown()).resolves.toBeUndefined();
  expect(performance.now() - began).toBeLessThan(8_000);
});
