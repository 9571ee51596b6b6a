-- Payout accounts, what each run credited, the judgement of each writer, payouts and their attempts.

create table payout_account (
  user_id text collate "C" primary key,
  account_id text unique,
  can_receive boolean not null default false,
  requirements jsonb not null default '[]',
  version integer not null default 1,
  refresh_due boolean not null default false,
  changed_at timestamptz(3) not null
);
create index payout_account_refresh on payout_account (user_id) where refresh_due;

create table payout_month (
  run_id uuid primary key,
  month text not null unique,
  credits_complete boolean not null default false,
  escrow_funded boolean not null default false,
  state text not null default 'collecting' check (state in ('collecting', 'judging', 'requested')),
  judged_through text collate "C",
  writers_expected integer,
  writers_judged integer not null default 0,
  payouts_requested integer not null default 0,
  payouts_settled integer not null default 0,
  version integer not null default 0,
  traceparent text
);

create table writer_credit (
  run_id uuid not null,
  month text not null,
  user_id text collate "C" not null,
  gross_cents bigint not null,
  fee_cents bigint not null,
  net_cents bigint not null,
  primary key (run_id, user_id)
);
create index writer_credit_user on writer_credit (user_id, month);

create table payout (
  id uuid primary key,
  run_id uuid not null references payout_month,
  month text not null,
  user_id text collate "C" not null,
  account_id text not null,
  status text not null check (status in ('requested', 'submitting', 'submitted', 'paid', 'failed', 'returned', 'canceled')),
  currency text not null,
  gross_cents bigint not null check (gross_cents > 0),
  processing_fee_cents bigint not null,
  net_cents bigint not null check (net_cents > 0),
  transfer_id text,
  reason text,
  traceparent text,
  requested_at timestamptz(3) not null,
  settled_at timestamptz(3),
  unique (month, user_id),
  check (gross_cents = processing_fee_cents + net_cents)
);
create index payout_user on payout (user_id, month desc);
create index payout_in_flight on payout (user_id) where status in ('requested', 'submitting', 'submitted');

create table judgement (
  run_id uuid not null references payout_month,
  month text not null,
  user_id text collate "C" not null,
  payable_cents bigint not null,
  reason text,
  next_date date,
  payout_id uuid references payout,
  primary key (run_id, user_id),
  check ((reason is null) = (payout_id is not null))
);
comment on table judgement is 'Why each writer of a month is paid or not (D2). payable_cents is the balance before the payout.';

create table transfer_job (
  payout_id uuid primary key references payout,
  attempt integer not null default 1,
  key_first_used_at timestamptz(3),
  tries integer not null default 0,
  state text not null default 'send' check (state in ('send', 'look_up', 'look_up_again')),
  due_at timestamptz(3) not null,
  lease_until timestamptz(3),
  traceparent text
);
create index transfer_job_due on transfer_job (due_at);
comment on table transfer_job is 'Transfers to be made; the row goes when the payout has settled. due_at and leases are technical time.';

create table payout_attempt (
  payout_id uuid not null references payout,
  attempt integer not null,
  try integer not null,
  idempotency_key text not null,
  outcome text not null,
  detail text,
  at timestamptz(3) not null,
  primary key (payout_id, attempt, try)
);
revoke update, delete on payout_attempt, writer_credit from {{app_role}};

create table books_version (
  singleton boolean primary key default true check (singleton),
  version integer not null
);
insert into books_version (version) values (0);
