import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { freePort, isTaken } from './ports.ts';

describe('a free port', () => {
  test('is the preferred one, or the next above it when that is taken', async () => {
    const preferred = await freePort();
    expect(await freePort(preferred)).toBe(preferred);
    const occupant = createServer().listen(preferred, '127.0.0.1');
    await once(occupant, 'listening');
    expect(await freePort(preferred)).toBeGreaterThan(preferred);
    expect(await isTaken(preferred)).toBe(true);
    occupant.close();
  });
});
