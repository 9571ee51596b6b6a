import type { Mutant } from './mutant.ts';

const refused = 'libs/ledger/src/refused-by-database.test.ts';
const posting = 'libs/ledger/src/post-transfers.test.ts';
const concurrency = 'libs/ledger/src/concurrency.test.ts';
const accounts = 'libs/ledger/migrations/0001_accounts_and_transfers.sql';
const application = 'libs/ledger/migrations/0002_apply_transfers.sql';
const postTransfers = 'libs/ledger/migrations/0003_post_transfers.sql';

/** What the database refuses, and the arithmetic of cents. */
export const ledgerMutants: readonly Mutant[] = [
  {
    name: 'no-lower-bound',
    rule: 'Ledger',
    wrong: 'a balance goes below its minimum',
    file: accounts,
    edits: [{ from: 'ledger_normal_balance(type, debited_cents, credited_cents) >= minimum_cents', to: 'true' }],
    tests: [refused],
  },
  {
    name: 'no-upper-bound',
    rule: 'Ledger',
    wrong: 'a balance goes above its maximum',
    file: accounts,
    edits: [{ from: 'and ledger_normal_balance(type, debited_cents, credited_cents) <= maximum_cents', to: '' }],
    tests: [refused, posting],
  },
  {
    name: 'account-against-itself',
    rule: 'Ledger',
    wrong: 'a transfer debits and credits the same account',
    file: accounts,
    edits: [{ from: 'check (debit_account_id <> credit_account_id)', to: 'check (true)' }],
    tests: [refused],
  },
  {
    name: 'transfer-of-nothing',
    rule: 'Ledger',
    wrong: 'a transfer has an amount of 0',
    file: accounts,
    edits: [{ from: 'check (amount_cents > 0)', to: 'check (amount_cents >= 0)' }],
    tests: [refused],
  },
  {
    name: 'transfers-can-be-changed',
    rule: 'Ledger',
    wrong: 'the service itself can change and remove entries',
    file: accounts,
    edits: [{ from: 'revoke all on ledger_account, ledger_hot_movement, ledger_transfer,', to: 'revoke all on' }],
    tests: [refused],
  },
  {
    name: 'correction-of-nothing',
    rule: 'Ledger',
    wrong: 'a correction names a transfer that was never posted',
    file: accounts,
    edits: [{ from: ' references ledger_transfer (idempotency_key)', to: '' }],
    tests: [refused],
  },
  {
    name: 'rehearsals-post-money',
    rule: 'B4',
    wrong: 'the database takes entries that a rehearsal has caused',
    file: accounts,
    edits: [{ from: "run_kind text check (run_kind = 'close')", to: 'run_kind text' }],
    tests: [refused],
  },
  {
    name: 'rehearsals-reach-the-database',
    rule: 'B4',
    wrong: 'a rehearsal that comes to post is not noticed before the database refuses it',
    file: 'libs/ledger/src/post-transfers.ts',
    edits: [{ from: "assert(transfer.runKind !== 'rehearsal'", to: "assert(transfer.kind !== ''" }],
    tests: [posting],
  },
  {
    name: 'transfer-to-nobody',
    rule: 'Ledger',
    wrong: 'a transfer names an account that does not exist',
    file: application,
    edits: [
      {
        from: "raise exception 'ledger: account % does not exist', refused.account_id",
        to: "return;\n    raise exception 'ledger: account % does not exist', refused.account_id",
      },
    ],
    tests: [refused],
  },
  {
    name: 'balances-do-not-follow',
    rule: 'Ledger',
    wrong: 'the trigger that moves the balances is off',
    file: application,
    edits: [
      {
        from: `create trigger ledger_transfer_apply after insert on ledger_transfer
  referencing new table as added
  for each statement execute function ledger_apply_transfers();`,
        to: '',
      },
    ],
    tests: [posting],
  },
  {
    name: 'currency-of-cold-accounts-unchecked',
    rule: 'Ledger',
    wrong: 'euros are added to an account in dollars',
    file: application,
    edits: [
      {
        from: 'where account.id = movement.account_id and account.currency = movement.currency;',
        to: 'where account.id = movement.account_id;',
      },
    ],
    tests: [refused],
  },
  {
    name: 'currency-of-hot-accounts-unchecked',
    rule: 'Ledger',
    wrong: 'euros are added to a hot account in dollars',
    file: application,
    edits: [
      {
        from: 'join ledger_account as account on account.id = movement.account_id and account.currency = movement.currency',
        to: 'join ledger_account as account on account.id = movement.account_id',
      },
    ],
    tests: [refused],
  },
  {
    name: 'hot-bound-judged-later',
    rule: 'Ledger',
    wrong: 'a hot account passes its bound until somebody folds its movements in',
    file: application,
    edits: [{ from: 'if bounded_ids is not null then', to: 'if false then' }],
    tests: [refused, concurrency],
  },
  {
    name: 'debit-counts-as-credit',
    rule: 'Ledger',
    wrong: 'a transfer debits both its accounts',
    file: application,
    edits: [
      {
        from: 'select credit_account_id, currency, 0, amount_cents from added',
        to: 'select credit_account_id, currency, amount_cents, 0 from added',
      },
    ],
    tests: [posting],
  },
  {
    name: 'key-reused-for-another-amount',
    rule: 'Ledger',
    wrong: 'another transfer under a known key counts as posted',
    file: postTransfers,
    edits: [{ from: 'if posted < cardinality(idempotency_keys) then', to: 'if false then' }],
    tests: [posting],
  },
  {
    name: 'rounding-half-down',
    rule: 'C1, D1',
    wrong: 'half a cent of a fee is dropped',
    file: 'libs/contracts/src/money.ts',
    edits: [
      { from: '* BigInt(numerator) + BigInt(denominator);', to: '* BigInt(numerator) + BigInt(denominator) - 1n;' },
    ],
    tests: ['libs/contracts/src/money.test.ts'],
  },
  {
    name: 'rounding-half-even',
    rule: 'C1, D1',
    wrong: 'half a cent of a fee goes to the even neighbour',
    file: 'libs/contracts/src/money.ts',
    edits: [
      {
        from: 'return cents(Number(doubled / (2n * BigInt(denominator))));',
        to: `const up = doubled / (2n * BigInt(denominator));
  const isHalf = doubled % (2n * BigInt(denominator)) === 0n;
  return cents(Number(isHalf && up % 2n === 1n ? up - 1n : up));`,
      },
    ],
    tests: ['libs/contracts/src/money.test.ts'],
  },
  {
    name: 'ties-to-the-last',
    rule: 'A6',
    wrong: 'of equal remainders the larger line id gets the cent',
    file: 'libs/contracts/src/spread.ts',
    edits: [{ from: '|| precedes(a, b));', to: '|| precedes(b, a));' }],
    tests: ['libs/contracts/src/spread.test.ts'],
  },
  {
    name: 'smallest-remainder-first',
    rule: 'A6',
    wrong: 'the cents left over go to the smallest remainders',
    file: 'libs/contracts/src/spread.ts',
    edits: [{ from: 'left > right ? -1 : 1;', to: 'left > right ? 1 : -1;' }],
    tests: ['libs/contracts/src/spread.test.ts'],
  },
  {
    name: 'large-splits-in-doubles',
    rule: 'A6',
    wrong: 'a product beyond the safe range is rounded',
    file: 'libs/contracts/src/spread.ts',
    edits: [{ from: 'if (Number.isSafeInteger(product) && weightSum', to: 'if (weightSum' }],
    tests: ['libs/contracts/src/spread.test.ts'],
  },
  {
    name: 'cutoff-belongs-to-the-old-month',
    rule: 'A5, B1',
    wrong: 'the first instant of a month is counted to the one before',
    file: 'libs/contracts/src/month.ts',
    edits: [
      {
        from: 'return instant.toISOString().slice(0, 7) as Month;',
        to: 'return new Date(instant.getTime() - 1).toISOString().slice(0, 7) as Month;',
      },
    ],
    tests: ['libs/contracts/src/month.test.ts'],
  },
  {
    name: 'months-of-thirty-days',
    rule: 'B1',
    wrong: 'the next month begins thirty days after this one',
    file: 'libs/contracts/src/month.ts',
    edits: [
      {
        from: 'return monthOf(new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + by, 1)));',
        to: 'return monthOf(new Date(first.getTime() + by * 30 * 86_400_000));',
      },
    ],
    tests: ['libs/contracts/src/month.test.ts'],
  },
];
