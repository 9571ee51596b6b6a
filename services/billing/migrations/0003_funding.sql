-- Invoices, the payments behind them, and what they fund.

create table invoice (
  id text collate "C" primary key,
  user_id text collate "C",
  subscription_id uuid references subscription,
  status text not null check (status in ('draft', 'open', 'uncollectible', 'void', 'paid')),
  total_cents bigint not null,
  paid_cents bigint not null,
  created_at timestamptz(3) not null,
  paid_at timestamptz(3),
  -- What became of the money, decided once.
  outcome text check (outcome in ('funded', 'suspended')),
  suspense_reason text,
  -- Names the idempotency key of the last try to void it.
  void_attempt integer not null default 0,
  check ((outcome = 'suspended') = (suspense_reason is not null)),
  check (outcome is null or status = 'paid')
);
create index invoice_user on invoice (user_id, id);

create table invoice_month (
  invoice_id text collate "C" not null references invoice,
  month text not null,
  user_id text collate "C" not null,
  subscription_id uuid not null,
  cents bigint not null,
  state text not null check (state in ('open', 'paid', 'none')),
  primary key (invoice_id, month)
);
comment on table invoice_month is 'What an invoice is for, by the start of its lines'' periods (E7).';
create index invoice_month_user on invoice_month (user_id, month);
create index invoice_month_subscription on invoice_month (subscription_id, month);
create index invoice_month_open on invoice_month (month, invoice_id) where state = 'open';

create table payment (
  payment_intent_id text collate "C" primary key,
  invoice_id text collate "C" not null references invoice,
  charge_id text collate "C" unique,
  amount_cents bigint not null,
  balance_transaction_id text collate "C" unique,
  net_cents bigint,
  available_on timestamptz(3),
  available boolean not null default false,
  check ((balance_transaction_id is null) = (net_cents is null) and (net_cents is null) = (available_on is null))
);
create index payment_unavailable on payment (available_on) where not available;
create index payment_invoice on payment (invoice_id);

create table funding (
  user_id text collate "C" not null,
  month text not null,
  paid_cents bigint not null default 0 check (paid_cents >= 0),
  open_cents bigint not null default 0 check (open_cents >= 0),
  funding text not null default 'none' check (funding in ('expected', 'paid', 'none')),
  invoice_ids text[] not null default '{}',
  version integer not null default 0,
  primary key (user_id, month)
);
create index funding_paid on funding (month, user_id) where paid_cents > 0;
create index funding_open on funding (month, user_id) where open_cents > 0;

create table funding_close (
  month text primary key,
  supporters integer not null,
  paid_cents bigint not null,
  hash text not null,
  closed_at timestamptz(3) not null
);
comment on table funding_close is 'Months whose funding is complete (B7): nothing changes it any more.';
revoke update, delete on funding_close from {{app_role}};
