import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  EarningsMonthSchema,
  ExplanationSchema,
  type Hold,
  HoldSchema,
  HoldsPageSchema,
  month,
  nextMonth,
  ProblemSchema,
  paymentReversed,
  QuestionSchema,
  QuestionsPageSchema,
  type Run,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { type Caller, type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, page, runOf, type Supporter } from './locked-month.ts';

const supporters: Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [page('p1', 'wanda', 500), page('p2', 'walt', 300)] },
  { userId: 'ben', paidCents: 500, lines: [page('p1', 'wanda', 500)] },
];
const ann: Caller = { sub: 'ann', roles: ['supporter'] };
const wanda: Caller = { sub: 'wanda', roles: ['writer'] };

describe('holds and questions', () => {
  let service: EarningsService;
  let run: Run;
  let last = month('2025-11');
  beforeAll(async () => {
    service = await startEarnings();
  });
  beforeEach(async () => {
    last = nextMonth(last);
    run = runOf(last);
    await calculateMonth(service, run, supporters, 2);
  });
  afterAll(() => service.harness.stop());

  const line = (userId: string, resourceId: string) => `${userId}_page_${resourceId}_${run.month}`;
  const place = async (what: object, reason = 'somebody asked'): Promise<Hold> => {
    const { status, body } = await service.post('/v1/holds', { ...what, reason });
    expect(status).toBe(201);
    return HoldSchema.parse(body);
  };
  const refusal = async (path: string, body: object, caller?: Caller) => {
    const answer = await service.post(path, body, caller);
    return [answer.status, ProblemSchema.parse(answer.body).code];
  };
  const saidOf = async (holdId: string) => {
    await service.harness.settled();
    return service.said.holds.filter((message) => message.holdId === holdId);
  };
  const monthOf = async (caller: Caller) =>
    EarningsMonthSchema.parse((await service.get(`/v1/earnings/${run.month}`, caller)).body);

  test('C6: a line is held with a reason, payouts is told, and its writer sees it without the supporter', async () => {
    const hold = await place({ line: line('ann', 'p1') });
    expect(hold).toMatchObject({ lineId: line('ann', 'p1'), recipientUserId: 'wanda', netCents: 465, state: 'held' });
    expect(hold.changes).toEqual([
      { version: 1, state: 'held', reason: 'somebody asked', byUserId: 'root', at: '2026-12-01T09:00:00.000Z' },
    ]);
    expect(await saidOf(hold.holdId)).toEqual([
      {
        holdId: hold.holdId,
        version: 1,
        state: 'held',
        recipientUserId: 'wanda',
        month: run.month,
        netCents: 465,
        currency: 'usd',
        reason: 'somebody asked',
        at: '2026-12-01T09:00:00.000Z',
      },
    ]);
    const { holds, lines } = await monthOf(wanda);
    expect(holds).toEqual([
      { lineKey: expect.any(String), netCents: 465, reason: 'somebody asked', heldAt: '2026-12-01T09:00:00.000Z' },
    ]);
    expect(lines.map((own) => own.lineKey)).toContain(holds[0]?.lineKey);
  });

  test('C6: the same money is held once', async () => {
    await place({ line: line('ann', 'p1') });
    expect(await refusal('/v1/holds', { line: line('ann', 'p1'), reason: 'again' })).toEqual([409, 'already_held']);
    const whole = { month: run.month, recipientUserId: 'wanda' };
    expect(await refusal('/v1/holds', { ...whole, reason: 'all' })).toEqual([409, 'already_held']);
    await place({ line: line('ben', 'p1') });
    await place({ month: run.month, recipientUserId: 'walt' });
    expect(await refusal('/v1/holds', { line: line('ann', 'p2'), reason: 'a part' })).toEqual([409, 'already_held']);
  });

  test('C6: a release ends a hold once; what was released can be held again', async () => {
    const { holdId } = await place({ line: line('ann', 'p1') });
    const released = await service.post(`/v1/holds/${holdId}/release`, { reason: 'all is well' });
    expect(released).toMatchObject({ status: 200, body: { state: 'released' } });
    expect((await saidOf(holdId)).map(({ version, state, netCents }) => [version, state, netCents])).toEqual([
      [1, 'held', 465],
      [2, 'released', 465],
    ]);
    for (const verb of ['release', 'reverse']) {
      expect(await refusal(`/v1/holds/${holdId}/${verb}`, { reason: 'again' })).toEqual([409, 'hold_ended']);
    }
    expect((await monthOf(wanda)).holds).toEqual([]);
    await place({ month: run.month, recipientUserId: 'wanda' });
    const missing = idOfCause('test', 'no hold');
    expect(await refusal(`/v1/holds/${missing}/release`, { reason: 'x' })).toEqual([404, 'not_found']);
  });

  test('C6, E5: a reversed line goes back to its supporter, all that is left of it', async () => {
    await takeBack('refund', 100);
    const hold = await place({ line: line('ann', 'p1') });
    expect(hold.netCents).toBe(419);
    await service.post(`/v1/holds/${hold.holdId}/reverse`, { reason: 'it was a mistake' });
    expect((await saidOf(hold.holdId)).at(-1)).toMatchObject({ state: 'reversed', version: 2 });
    const reversed = service.said.reversed.filter((message) => message.settles === hold.holdId);
    const reversalId = reversed[0]?.reversalId;
    const common = { run, reversalId, kind: 'operator', settles: hold.holdId, grossCents: 450, feeCents: 31 };
    expect(reversed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ part: 'writer', ...common, recipientUserId: 'wanda', netCents: 419, lineCount: 1 }),
        expect.objectContaining({ part: 'closing', ...common, userId: 'ann', unallocatedCents: 0, stripeId: null }),
      ]),
    );
    const books = service.said.books.filter((said) => said.month === run.month).at(-1);
    expect(books?.equations.map((equation) => equation.differenceCents)).toEqual([0, 0]);
    expect(await refusal('/v1/holds', { line: line('ann', 'p1'), reason: 'more' })).toEqual([422, 'nothing_to_hold']);
  });

  test.each([
    ['refund', 100, 419],
    ['dispute_opened', 100, 419],
    ['refund', 1_000, 0],
  ] as const)(
    'C6, E5: after a %s of %i ¢ meanwhile, payouts is told what the reversals of a hold take: %i ¢',
    async (kind, amountCents, leftCents) => {
      const { holdId, netCents } = await place({ line: line('ann', 'p1') });
      expect(netCents).toBe(465);
      await takeBack(kind, amountCents);
      expect((await service.post(`/v1/holds/${holdId}/reverse`, { reason: 'fraud' })).status).toBe(200);
      expect((await saidOf(holdId)).at(-1)).toMatchObject({ version: 2, state: 'reversed', netCents: leftCents });
      const taken = service.said.reversed.filter((said) => said.settles === holdId && said.part === 'writer');
      expect(taken.map((said) => said.netCents)).toEqual(leftCents === 0 ? [] : [leftCents]);
    },
  );

  test('C4, C6: a reversed month of a writer is a reversal for each supporter, whose ids tell nothing of them', async () => {
    const { holdId, netCents } = await place({ month: run.month, recipientUserId: 'wanda' });
    expect(netCents).toBe(930);
    await service.post(`/v1/holds/${holdId}/reverse`, { reason: 'fraud' });
    expect((await saidOf(holdId)).at(-1)).toMatchObject({ state: 'reversed', netCents: 930 });
    const closings = service.said.reversed.filter((said) => said.settles === holdId && said.part === 'closing');
    expect(closings.map((closing) => closing.grossCents)).toEqual([500, 500]);
    expect((await monthOf(wanda)).reversed).toEqual({ grossCents: 1_000, platformFeeCents: 70, netCents: 930 });
    const { body } = await service.get(`/v1/earnings/${run.month}/explain`, wanda);
    const told = ExplanationSchema.parse(body).steps.find((step) => step.step === 'reversal');
    const ids = closings.map((closing) => closing.reversalId);
    expect(told?.parts.slice(1).map((part) => part.id)).toEqual(expect.arrayContaining(ids));
    const guesses = ['ann', 'ben'].map((userId) => idOfCause('operator', holdId, userId));
    expect(ids.filter((id) => guesses.includes(id))).toEqual([]);
  });

  test('C6: a hold explains why a line is not paid', async () => {
    await place({ line: line('ann', 'p1') }, 'under inquiry');
    const { body } = await service.get(`/v1/explain/${line('ann', 'p1')}`);
    expect(JSON.stringify(body)).toContain('on hold: under inquiry');
  });

  test('E5: a supporter asks about a line, and sees the hold that answers it', async () => {
    const asked = await service.post('/v1/questions', { line: line('ann', 'p1'), text: 'I never read this.' }, ann);
    expect(asked.status).toBe(201);
    const { questionId } = QuestionSchema.parse(asked.body);
    const hold = await place({ line: line('ann', 'p1'), questionId }, 'we look into it');
    expect(await refusal(`/v1/questions/${questionId}/answer`, { text: 'no' })).toEqual([409, 'already_answered']);
    await service.post(`/v1/holds/${hold.holdId}/reverse`, { reason: 'you are right' });
    const { questions } = QuestionsPageSchema.parse((await service.get('/v1/questions', ann)).body);
    expect(questions).toContainEqual({
      questionId,
      line: line('ann', 'p1'),
      month: run.month,
      askedAs: 'supporter',
      text: 'I never read this.',
      askedAt: '2026-12-01T09:00:00.000Z',
      answer: {
        text: 'we look into it',
        at: '2026-12-01T09:00:00.000Z',
        hold: { holdId: hold.holdId, state: 'reversed', reason: 'you are right' },
      },
    });
  });

  test('C4, E5: a writer asks by line key, is answered in words, and learns no line id', async () => {
    const lineKey = (await monthOf(wanda)).lines[0]!.lineKey;
    const asked = await service.post('/v1/questions', { line: lineKey, text: 'Why so little?' }, wanda);
    const { questionId } = QuestionSchema.parse(asked.body);
    const open = QuestionsPageSchema.parse((await service.get('/v1/questions?state=open&limit=1000')).body);
    expect(open.questions.find((question) => question.questionId === questionId)?.line).toContain('_page_p1_');
    await service.post(`/v1/questions/${questionId}/answer`, { text: 'That is what was given.' });
    const { body } = await service.get('/v1/questions?state=answered', wanda);
    expect(QuestionsPageSchema.parse(body).questions).toContainEqual(
      expect.objectContaining({ questionId, line: lineKey, askedAs: 'writer' }),
    );
    expect(JSON.stringify(body)).not.toMatch(/ann|ben/);
  });

  test('C6: a list of holds, and its writer, see what is held now: not what reversals have taken since', async () => {
    const ofLine = await place({ line: line('ann', 'p1') });
    const ofMonth = await place({ month: run.month, recipientUserId: 'walt' });
    expect([ofLine.leftCents, ofMonth.leftCents]).toEqual([465, 279]);
    // A half of ann's $10: 250 ¢ of p1 and 150 ¢ of p2, less the fees that return with them.
    await takeBack('refund', 500);
    const listed = async () => HoldsPageSchema.parse((await service.get('/v1/holds?limit=1000')).body).holds;
    const amountsOf = async ({ holdId }: Hold) => {
      const found = (await listed()).find((hold) => hold.holdId === holdId);
      return [found?.netCents, found?.leftCents];
    };
    expect(await amountsOf(ofLine)).toEqual([465, 465 - 232]);
    expect(await amountsOf(ofMonth)).toEqual([279, 279 - 139]);
    expect((await monthOf(wanda)).holds).toMatchObject([{ netCents: 465 - 232 }]);
    await service.post(`/v1/holds/${ofLine.holdId}/release`, { reason: 'all is well' });
    expect(await amountsOf(ofLine)).toEqual([465, 0]);
  });

  test('C6: lists page through holds in their order', async () => {
    for (const userId of ['ann', 'ben']) await place({ line: line(userId, 'p1') });
    const all = HoldsPageSchema.parse((await service.get('/v1/holds?limit=1000')).body).holds;
    const paged: Hold[] = [];
    for (let query = 'limit=1'; query !== ''; ) {
      const { holds, nextCursor } = HoldsPageSchema.parse((await service.get(`/v1/holds?${query}`)).body);
      paged.push(...holds);
      query = nextCursor === null ? '' : `limit=1&cursor=${nextCursor}`;
    }
    expect(paged).toEqual(all);
    const held = HoldsPageSchema.parse((await service.get('/v1/holds?state=held&limit=1000')).body).holds;
    expect(held).toEqual(all.filter((hold) => hold.state === 'held'));
  });

  test('nobody asks about a line of somebody else, and only an administrator holds', async () => {
    const foreign = { line: line('ben', 'p1'), text: 'mine?' };
    expect(await refusal('/v1/questions', foreign, ann)).toEqual([404, 'not_found']);
    expect(await refusal('/v1/questions', foreign, wanda)).toEqual([404, 'not_found']);
    expect(await refusal('/v1/holds', { line: foreign.line, reason: 'x' }, wanda)).toEqual([403, 'forbidden']);
    expect(await refusal('/v1/holds', { reason: 'x' })).toEqual([400, 'invalid_request']);
    expect(await refusal('/v1/holds', { line: 'nothing', reason: 'x' })).toEqual([404, 'not_found']);
  });

  async function takeBack(kind: 'refund' | 'dispute_opened', amountCents: number) {
    const body = paymentReversed.schema.parse({
      ...{ reversalId: idOfCause('test', run.month), kind, settles: null, currency: 'usd' },
      ...{ at: '2026-12-05T10:00:00.000Z', userId: 'ann', month: run.month, amountCents },
      ...{ invoiceId: 'in_1', stripeId: 're_1' },
    });
    await service.harness.say(paymentReversed, { key: 'ann', body, id: idOfCause('said', run.month) });
    await service.harness.settled();
  }
});
