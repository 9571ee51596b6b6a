import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addsUp, type Explanation } from '@wewrite/contracts';
import { closeNovember, payForNovember, refund, sayAdjusted, sayReversed } from './reversal-story.ts';
import { type RunningBilling, startBilling } from './running-billing.ts';

let billing: RunningBilling;
beforeAll(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z');
  await payForNovember(billing);
  await billing.subscribe('dora', 200);
  await refund(billing, 'dora');
});
afterAll(() => billing?.stop());

async function invoiceOf(userId: string): Promise<string> {
  const { invoices } = (await billing.call(userId, 'GET', '/v1/invoices')).body as {
    invoices: { invoiceId: string; months: { month: string }[] }[];
  };
  return invoices.find(({ months }) => months.some(({ month }) => month === '2026-11'))?.invoiceId ?? '';
}

const explain = async (caller: string, userId: string) =>
  billing.call(caller, 'GET', `/v1/invoices/${await invoiceOf(userId)}/explain`);
const explained = async (userId: string) => (await explain(userId, userId)).body as Explanation;
const partsOf = ({ steps }: Explanation, step: string) =>
  steps.filter((each) => each.step === step).map(({ parts }) => parts.map(({ label, cents }) => [label, cents]));

describe('what became of an invoice', () => {
  test('before the lock: charge, fee and funding, and what was taken back of the budget', async () => {
    const explanation = await explained('dora');
    expect(addsUp(explanation)).toBe(true);
    expect(partsOf(explanation, 'charge')).toEqual([
      [
        ['reaches the payments balance', 164],
        ['Stripe’s fee', 36],
      ],
    ]);
    expect(partsOf(explanation, 'funding')).toEqual([[['funds 2026-11', 200]]]);
    expect(partsOf(explanation, 'allocation')).toEqual([]);
    expect(partsOf(explanation, 'reversal')).toEqual([[['the budget of 2026-11', 200]]]);
  });

  test('after the lock: what was allocated, and who bears a refund, once that is known', async () => {
    await closeNovember(billing);
    await refund(billing, 'ben', 300);
    expect(partsOf(await explained('ben'), 'reversal')).toEqual([[['not posted yet', 300]]]);
    const reversalId = billing.said.reversals[0]?.reversalId ?? '';
    const sums = { userId: 'ben', grossCents: 188, feeCents: 13, unallocatedCents: 112 };
    await sayReversed(billing, { reversalId, kind: 'refund' }, sums);
    await sayAdjusted(billing, 'refund', reversalId, { fall: 100, rise: 75 });
    const explanation = await explained('ben');
    expect(addsUp(explanation)).toBe(true);
    expect(partsOf(explanation, 'allocation')).toEqual([
      [
        ['allocated to writers', 500],
        ['left unallocated: platform revenue', 300],
      ],
    ]);
    expect(partsOf(explanation, 'reversal')).toEqual([
      [
        ['platform fees', 13],
        ['what had been left unallocated', 112],
        ['what writers are owed', 100],
        ['what writers owe', 75],
      ],
    ]);
    expect(explanation.steps.at(-1)).toMatchObject({ evidence: [{ topic: 'payment.reversed' }] });
  });

  test('it is shown to its supporter and to administrators, and to nobody else', async () => {
    expect((await explain('admin', 'ben')).status).toBe(200);
    expect((await billing.call('anna', 'GET', `/v1/invoices/${await invoiceOf('ben')}/explain`)).status).toBe(404);
    expect((await billing.call('ben', 'GET', '/v1/invoices/in_none/explain')).status).toBe(404);
    expect((await billing.call('ben', 'GET', '/v1/suspense')).status).toBe(403);
  });

  test('revenue is lowered in the month that it was of', async () => {
    const { body } = await billing.call('admin', 'GET', '/v1/revenue');
    const { months } = body as { months: { month: string }[] };
    expect(months.find(({ month }) => month === '2026-11')).toMatchObject({
      platformFeesCents: 105 - 13,
      unallocatedCents: 500 - 112,
      disputeLossesCents: 0,
      writeOffsCents: 0,
    });
  });
});
