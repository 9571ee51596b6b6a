import { describe, expect, test } from '@jest/globals';
import type { Part } from './part.ts';
import { supervise } from './supervise.ts';

/** A part that dies when told to, and starts again as told. */
function partFor(restart: () => Promise<void>) {
  const callbacks: ((how: string) => void)[] = [];
  const part: Part = {
    name: 'part',
    choice: 'for a test',
    pid: () => null,
    onDeath: (callback) => void callbacks.push(callback),
    restart,
    stop: async () => undefined,
  };
  const die = () => {
    for (const callback of callbacks) callback('it ended with 1');
  };
  return { part, die };
}

function watching(part: Part, irreplaceable: string | null = null) {
  let restarted = 0;
  const say = () => undefined;
  const supervision = supervise({ irreplaceable, say, onRestarted: () => (restarted += 1) });
  supervision.watch(part);
  return { supervision, restarts: () => restarted };
}

describe('supervision', () => {
  test('starts a part again that died, also when that takes some attempts', async () => {
    let attempts = 0;
    const { part, die } = partFor(async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('its port is still taken');
    });
    const { supervision, restarts } = watching(part);
    die();
    await supervision.end();
    expect([attempts, restarts()]).toEqual([3, 1]);
  });

  test('fails, naming the part, where what the part knew is lost with it', async () => {
    const { part, die } = partFor(async () => undefined);
    const { supervision, restarts } = watching(part, 'Events are lost.');
    die();
    expect((await supervision.failed).message).toBe('part died: it ended with 1. Events are lost.');
    expect(restarts()).toBe(0);
  });

  test('leaves parts alone once it has ended', async () => {
    let attempts = 0;
    const { part, die } = partFor(async () => {
      attempts += 1;
    });
    const { supervision } = watching(part);
    await supervision.end();
    die();
    expect(attempts).toBe(0);
  });
});
