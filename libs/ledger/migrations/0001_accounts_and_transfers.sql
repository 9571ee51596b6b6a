-- A balance is positive on its account's normal side: debits minus credits for assets and expenses, credits minus debits
-- for liabilities, equity and income. This is the one place that says so.
create function ledger_normal_balance(type text, debited_cents bigint, credited_cents bigint) returns bigint
  language sql immutable parallel safe
  return case when type in ('asset', 'expense') then debited_cents - credited_cents else credited_cents - debited_cents end;

create table ledger_account (
  id text collate "C" primary key,
  type text not null check (type in ('asset', 'liability', 'equity', 'income', 'expense')),
  currency text not null,
  -- Bounds of the balance; null where there is none.
  minimum_cents bigint,
  maximum_cents bigint,
  -- A hot account takes part in nearly every batch: batches add rows to ledger_hot_movement instead of updating this one.
  hot boolean not null default false,
  -- All that was ever debited and credited; of a hot account, what has been folded in so far.
  debited_cents bigint not null default 0,
  credited_cents bigint not null default 0,
  constraint ledger_account_within_bounds check (
    ledger_normal_balance(type, debited_cents, credited_cents) >= minimum_cents
    and ledger_normal_balance(type, debited_cents, credited_cents) <= maximum_cents
  )
) with (fillfactor = 70); -- Room for the next version of a row on its page, so that an update touches no index.

create index ledger_account_hot on ledger_account (id) where hot;

-- One row for each batch and hot account, so that batches do not wait for each other; folded into the account now and then.
create table ledger_hot_movement (
  account_id text collate "C" not null,
  id bigint generated always as identity,
  debited_cents bigint not null,
  credited_cents bigint not null,
  primary key (account_id, id)
);

-- The accounts carry no foreign key: it would lock hot accounts once a row. The trigger on this table proves that both
-- exist, and accounts are never removed.
create table ledger_transfer (
  id bigint generated always as identity primary key,
  amount_cents bigint not null check (amount_cents > 0),
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  debit_account_id text collate "C" not null,
  credit_account_id text collate "C" not null,
  currency text not null,
  kind text collate "C" not null,
  month text collate "C" not null check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  idempotency_key text collate "C" not null unique,
  cause_event_id text,
  stripe_id text,
  corrects text collate "C" references ledger_transfer (idempotency_key),
  -- Rehearsals stop before the ledger.
  run_kind text check (run_kind = 'close'),
  constraint ledger_transfer_balances check (debit_account_id <> credit_account_id)
);

create index ledger_transfer_debit on ledger_transfer (debit_account_id, id);
create index ledger_transfer_credit on ledger_transfer (credit_account_id, id);

-- Both sides of each transfer.
create view ledger_entry as
  select id as transfer_id, debit_account_id as account_id, amount_cents as debit_cents, 0::bigint as credit_cents,
         currency, kind, month, occurred_at, recorded_at
    from ledger_transfer
  union all
  select id, credit_account_id, 0::bigint, amount_cents, currency, kind, month, occurred_at, recorded_at
    from ledger_transfer;

-- What each account stands at, with what is not folded in yet.
create view ledger_balance as
  select account.id as account_id, account.type, account.currency, account.minimum_cents, account.maximum_cents,
         total.debited_cents, total.credited_cents,
         ledger_normal_balance(account.type, total.debited_cents, total.credited_cents) as balance_cents
    from ledger_account as account
    left join (
      select account_id, sum(debited_cents)::bigint as debited_cents, sum(credited_cents)::bigint as credited_cents
        from ledger_hot_movement
       group by account_id
    ) as unfolded on unfolded.account_id = account.id
   cross join lateral (
      select account.debited_cents + coalesce(unfolded.debited_cents, 0) as debited_cents,
             account.credited_cents + coalesce(unfolded.credited_cents, 0) as credited_cents
    ) as total;

-- The runtime role opens accounts at zero and adds transfers. Balances follow by trigger; nothing is changed or removed.
revoke all on ledger_account, ledger_hot_movement, ledger_transfer, ledger_entry, ledger_balance from {{app_role}};
grant select on ledger_account, ledger_hot_movement, ledger_transfer, ledger_entry, ledger_balance to {{app_role}};
grant insert (id, type, currency, minimum_cents, maximum_cents, hot) on ledger_account to {{app_role}};
grant insert (amount_cents, occurred_at, recorded_at, debit_account_id, credit_account_id, currency, kind, month,
              idempotency_key, cause_event_id, stripe_id, corrects, run_kind) on ledger_transfer to {{app_role}};
