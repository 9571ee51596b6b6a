import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serviceNames } from '@wewrite/contracts';
import { readSystemTestConfig } from './config.ts';
import { booksOf, community, paidIn, startStory, transfersAt } from './month-story.ts';

const deadlineMs = 240_000;
const supporters = 64;
const { scales } = readSystemTestConfig();

/** Beside one of each, which the others are compared with. */
const someScales = [
  { replicas: 1, chunks: 8 },
  { replicas: 1, chunks: 64 },
  { replicas: 2, chunks: 8 },
  { replicas: 3, chunks: 64 },
];
const allScales = [1, 2, 3]
  .flatMap((replicas) => [1, 8, 64].map((chunks) => ({ replicas, chunks })))
  .filter(({ replicas, chunks }) => replicas * chunks > 1);

describe('scale-out', () => {
  let input: Awaited<ReturnType<typeof community>>;
  let alone: ReturnType<typeof booksOf>;
  beforeAll(async () => {
    input = await community({ supporters, writers: 8 });
    alone = await booksWith({ replicas: 1, chunks: 1 });
  }, deadlineMs);
  afterAll(() => input.remove());

  async function booksWith({ replicas, chunks }: { replicas: number; chunks: number }) {
    const story = await startStory({
      input: input.directory,
      environment: { CHUNK_SUPPORTERS: String(Math.ceil(supporters / chunks)), DATABASE_CONNECTIONS: '4' },
    });
    try {
      for (let replica = 1; replica < replicas; replica++) {
        for (const service of serviceNames) await story.harness.startReplica(service);
      }
      const told = await story.play();
      expect(await transfersAt(story.sandboxUrl)).toEqual(paidIn(told));
      return booksOf(told);
    } finally {
      await story.stop();
    }
  }

  test.each(scales === 'all' ? allScales : someScales)(
    'B2: $replicas of each service and up to $chunks chunks give the same report as one and one',
    async (scale) => {
      expect(await booksWith(scale)).toEqual(alone);
    },
    deadlineMs,
  );
});
