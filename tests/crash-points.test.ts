import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serviceNames } from '@wewrite/contracts';
import { seededRandom } from '../apps/cli/src/generate/random.ts';
import { readSystemTestConfig } from './config.ts';
import { startCrashStory } from './crash-story.ts';
import { breakConnections, unreliableBroker } from './disturbances.ts';
import { booksOf, community, type MonthStory, paidIn, startStory, transfersAt } from './month-story.ts';

const deadlineMs = 240_000;
const { seed } = readSystemTestConfig();

describe('a close that is disturbed at every step', () => {
  let input: Awaited<ReturnType<typeof community>>;
  let undisturbed: ReturnType<typeof booksOf>;
  let story: MonthStory | undefined;
  beforeAll(async () => {
    input = await community();
    const calm = await startStory({ input: input.directory });
    undisturbed = booksOf(await calm.play());
    await calm.stop();
  }, deadlineMs);
  afterAll(() => input.remove());

  async function expectSameBooks(told: MonthStory): Promise<void> {
    story = told;
    try {
      const ending = await story.play();
      expect(booksOf(ending)).toEqual(undisturbed);
      expect(await transfersAt(story.sandboxUrl)).toEqual(paidIn(ending));
    } finally {
      await story.stop();
    }
  }

  test(
    'B2: each service dies at each message that it hears or says, and the books are the same',
    async () => {
      const crashing = await startCrashStory({ input: input.directory });
      await expectSameBooks(crashing);
      expect(crashing.passed).toEqual(expect.arrayContaining([...deaths]));
    },
    deadlineMs,
  );

  test(
    `B2: messages are lost and repeated, the database hangs up, Stripe falls silent, and the books are the same (seed ${seed})`,
    async () => {
      const random = seededRandom(seed);
      const broken: Promise<void>[] = [];
      const stormy = await startStory({
        input: input.directory,
        brokerOf: unreliableBroker(seed, () => {
          if (story === stormy && random.percent(2)) broken.push(breakConnections(stormy, random.pick(serviceNames)));
        }),
        environment: { STRIPE_TIMEOUT_MS: '500' },
      });
      for (const path of ['/v1/payouts', '/v2/money_management/outbound_payments']) {
        for (const kind of ['timeout_after_success', 'connection_reset', '429']) {
          await orderFault(stormy.sandboxUrl, { match: { method: 'POST', path }, kind, times: 4 });
        }
      }
      await expectSameBooks(stormy);
      await Promise.all(broken);
      expect(broken.length).toBeGreaterThan(0);
    },
    deadlineMs,
  );
});

/** Those of the pipeline, from the lock to Stripe. */
const deaths = [
  'allocations has said month.locked',
  'earnings hears month.locked',
  'earnings has heard month.locked',
  'earnings has said earnings.calculated',
  'billing hears month.locked',
  'billing has heard month.locked',
  'billing hears earnings.calculated',
  'billing has heard earnings.calculated',
  'billing has said escrow.funded',
  'payouts hears earnings.calculated',
  'payouts has heard earnings.calculated',
  'payouts hears escrow.funded',
  'payouts has heard escrow.funded',
  'payouts has said payout.requested',
  'payouts hears payout.requested',
  'payouts has heard payout.requested',
  'payouts has said payout.settled',
  'billing hears payout.settled',
  'billing has heard payout.settled',
  'monitoring hears month.progress',
  'monitoring has heard month.progress',
  'monitoring hears books.checked',
  'monitoring has heard books.checked',
] as const;

async function orderFault(sandboxUrl: string, order: object): Promise<void> {
  const answer = await fetch(new URL('/_sandbox/faults', sandboxUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  expect(answer.ok).toBe(true);
}
