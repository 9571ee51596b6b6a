import type { Mutant } from './mutant.ts';

const source = 'services/earnings/src';
const tests = 'services/earnings/tests';

/** Lines, writers' months, fees, reversals and holds. */
export const earningsMutants: readonly Mutant[] = [
  {
    name: 'fee-per-line',
    rule: 'C1',
    wrong: "the fee is rounded on each line instead of on the writer's month",
    file: `${source}/calculate-writers.ts`,
    edits: [
      {
        from: 'sum(line_count) as line_count\n      from amount',
        to: 'sum(line_count) as line_count,\n        sum(platform_fee(funded_cents, ${feeBasisPoints}) * line_count)::bigint as fee_cents\n      from amount',
      },
      {
        from: 'select *, platform_fee(gross_cents, ${feeBasisPoints}) as fee_cents from earned',
        to: 'select * from earned',
      },
    ],
    tests: [`${tests}/fees.test.ts`],
  },
  {
    name: 'fee-half-down',
    rule: 'C1',
    wrong: 'half a cent of the platform fee is dropped',
    file: 'services/earnings/migrations/0003_line_detail.sql',
    edits: [{ from: 'basis_points * 2 + 10000, 20000)', to: 'basis_points * 2 + 9999, 20000)' }],
    tests: [`${tests}/fees.test.ts`],
  },
  {
    name: 'fee-ties-to-the-last-line',
    rule: 'A6, C1',
    wrong: 'of lines with equal remainders the larger id bears the cent of the fee',
    file: `${source}/calculate-writers.ts`,
    edits: [
      {
        from: 'row_number() over (partition by recipient_user_id order by line_id)',
        to: 'row_number() over (partition by recipient_user_id order by line_id desc)',
      },
    ],
    tests: [`${tests}/fees.test.ts`],
  },
  {
    name: 'calculated-before-the-last-chunk',
    rule: 'C2',
    wrong: 'a month is calculated when its closing message comes, whatever is still missing',
    file: `${source}/store-chunks.ts`,
    edits: [
      {
        from: 'const booksVersion = completion.justCompleted ? await',
        to: 'const booksVersion = completion.justCompleted || closing !== undefined ? await',
      },
    ],
    tests: [`${tests}/close-a-month.test.ts`],
  },
  {
    name: 'chunk-counted-twice',
    rule: 'B2',
    wrong: 'a chunk that is stored already is counted again',
    file: `${source}/store-chunks.ts`,
    edits: [
      {
        from: 'if (await storeChunk(tx, tallied, message)) stored.push(tallied);',
        to: 'await storeChunk(tx, tallied, message);\n    stored.push(tallied);',
      },
    ],
    tests: [`${tests}/close-a-month.test.ts`],
  },
  {
    name: 'chunk-taken-at-its-word',
    rule: 'B3',
    wrong: 'a chunk counts as what it says, whatever its rows are',
    file: `${source}/locked-chunk.ts`,
    edits: [{ from: 'assert(said === counted,', to: 'assert(said !== undefined,' }],
    tests: [`${source}/locked-chunk.test.ts`],
  },
  {
    name: 'second-run-of-a-month',
    rule: 'B6',
    wrong: 'a month that one run has closed is closed again by another',
    file: `${source}/store-chunks.ts`,
    edits: [{ from: 'assert(known?.month === run.month,', to: 'assert(known?.month !== run.runId,' }],
    tests: [`${tests}/close-a-month.test.ts`],
  },
  {
    name: 'reversal-takes-the-unallocated-first',
    rule: 'E5',
    wrong: 'on ties the unallocated part is reversed before the lines',
    file: `${source}/reversals/reversal.ts`,
    edits: [
      {
        from: 'if (one === undefined || other === undefined) return a - b;',
        to: 'if (one === undefined || other === undefined) return b - a;',
      },
    ],
    tests: [`${source}/reversals/reversal.test.ts`],
  },
  {
    name: 'reversal-keeps-the-fee',
    rule: 'E5',
    wrong: 'a line that is reversed does not give its fee back',
    file: `${source}/reversals/reversal.ts`,
    edits: [
      {
        from: 'multiplyHalfUp(remains.feeCents, grossCents, remains.grossCents)',
        to: 'cents(Math.floor((remains.feeCents * grossCents) / remains.grossCents))',
      },
    ],
    tests: [`${source}/reversals/reversal.test.ts`],
  },
  {
    name: 'closed-before-what-waits',
    rule: 'E5',
    wrong: "a month's earnings are closed while what is to be taken back of them still waits",
    file: `${source}/calculate-earnings.ts`,
    edits: [
      {
        from: '  if (isClose && (await spreadWaiting(context, tx, run, { beforeClosing: true }))) return;\n',
        to: '',
      },
    ],
    tests: [`${tests}/reversals.test.ts`],
  },
  {
    name: 'rehearsal-takes-back',
    rule: 'E5, B4',
    wrong: 'a rehearsal spreads what waits for the close',
    file: `${source}/calculate-earnings.ts`,
    edits: [{ from: 'if (isClose && (await spreadWaiting(', to: 'if (run.runId && (await spreadWaiting(' }],
    tests: [`${tests}/reversals.test.ts`],
  },
  {
    name: 'disputed-taken-again',
    rule: 'E5',
    wrong: 'what is in dispute is refunded a second time',
    file: `${source}/line.ts`,
    edits: [
      {
        from: 'grossCents: cents(line.fundedCents - line.takenGrossCents - line.disputedGrossCents)',
        to: 'grossCents: cents(line.fundedCents - line.takenGrossCents)',
      },
    ],
    tests: [`${tests}/reversals.test.ts`],
  },
  {
    name: 'gross-kept-back',
    rule: 'C6',
    wrong: 'a hold keeps back the platform fee of what it is of, too',
    file: `${source}/holds/place-hold.ts`,
    edits: [{ from: 'return cents(grossCents - feeCents);', to: 'return cents(Math.max(grossCents, feeCents));' }],
    tests: [`${tests}/holds.test.ts`],
  },
  {
    name: 'held-twice',
    rule: 'C6',
    wrong: 'the same money is held by two holds',
    file: `${source}/holds/place-hold.ts`,
    edits: [{ from: '        await refuseTwice(tx, target);\n', to: '' }],
    tests: [`${tests}/holds.test.ts`],
  },
  {
    name: 'lines-of-others-explained',
    rule: 'C4',
    wrong: "a supporter is shown the way of somebody else's money",
    file: `${source}/find-lines.ts`,
    edits: [
      {
        from: "identity.roles.has('supporter') && named.userId === identity.userId",
        to: "identity.roles.has('supporter')",
      },
    ],
    tests: [`${tests}/explain.test.ts`],
  },
  {
    name: 'one-pseudonym-for-all-writers',
    rule: 'C4',
    wrong: 'two writers can find out that they have the same supporter',
    file: `${source}/line-key.ts`,
    edits: [{ from: 'JSON.stringify([recipientUserId, userId])', to: 'JSON.stringify([userId])' }],
    tests: [`${source}/line-key.test.ts`],
  },
  {
    name: 'supporter-month-unchecked',
    rule: 'B3',
    wrong: "the database takes a supporter's month whose parts are not what was paid",
    file: 'services/earnings/migrations/0001_earnings.sql',
    edits: [
      {
        from: 'check (funded_cents + unallocated_cents = paid_cents)',
        to: 'constraint supporter_month_check check (true)',
      },
    ],
    tests: [`${tests}/books.test.ts`],
  },
  {
    name: 'writer-month-unchecked',
    rule: 'C1',
    wrong: "the database takes a writer's month whose parts are not its gross",
    file: 'services/earnings/migrations/0001_earnings.sql',
    edits: [{ from: 'check (fee_cents + net_cents = gross_cents)', to: 'constraint writer_month_check check (true)' }],
    tests: [`${tests}/books.test.ts`],
  },
  {
    name: 'projected-without-the-fee',
    rule: 'C3',
    wrong: 'writers are shown the running month before the platform fee',
    file: `${source}/outlook/project-month.ts`,
    edits: [{ from: 'netCents: cents(grossCents - platformFeeCents)', to: 'netCents: grossCents' }],
    tests: [`${tests}/outlook.test.ts`],
  },
  {
    name: 'older-wish-projected',
    rule: 'C3',
    wrong: 'a message that comes late takes the place of a newer wish',
    file: `${source}/outlook/keep-standing.ts`,
    edits: [
      {
        from: 'traceparent = excluded.traceparent\n    where known.version < excluded.version`',
        to: 'traceparent = excluded.traceparent`',
      },
    ],
    tests: [`${tests}/outlook.test.ts`],
  },
  {
    name: 'forecast-without-lapses',
    rule: 'C5',
    wrong: 'the forecast takes every supporter to stay',
    file: `${source}/outlook/forecast.ts`,
    edits: [
      {
        from: 'basisPointsOf(grossCents, wholeBasisPoints - lapseBasisPoints)',
        to: 'basisPointsOf(grossCents, wholeBasisPoints - Math.min(0, lapseBasisPoints))',
      },
    ],
    tests: [`${source}/outlook/forecast.test.ts`],
  },
];
