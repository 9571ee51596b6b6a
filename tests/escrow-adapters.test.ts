import { expect, test } from '@jest/globals';
import { booksOf, community, paidIn, startStory, transfersAt } from './month-story.ts';

const deadlineMs = 120_000;

test(
  'the same community with `storage` and with `connect`: the same cents, and each payout once at Stripe',
  async () => {
    const input = await community();
    const books = [];
    for (const escrow of ['storage', 'connect'] as const) {
      const story = await startStory({ input: input.directory, escrow });
      try {
        const ending = await story.play();
        expect(await transfersAt(story.sandboxUrl)).toEqual(paidIn(ending));
        books.push(booksOf(ending));
      } finally {
        await story.stop();
      }
    }
    await input.remove();
    const [storage, connect] = books;
    expect(storage).toEqual(connect);
  },
  deadlineMs,
);
