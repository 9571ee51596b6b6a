-- What takes payments back (E5): what Stripe told of refunds and disputes, what that reverses of which months, and the refunds
-- that we ask for ourselves. Rows of the first two are only added.

create table refund_order (
  id uuid primary key,
  reason text not null check (reason in ('paid_late', 'operator')),
  payment_intent_id text collate "C" not null references payment,
  invoice_id text collate "C" not null references invoice,
  amount_cents bigint not null check (amount_cents > 0),
  state text not null default 'waiting' check (state in ('waiting', 'look_up', 'look_up_again', 'made', 'refused')),
  -- Names the idempotency keys. due_at, leases and the age of keys are technical time.
  attempt integer not null default 1,
  key_first_used_at timestamptz(3),
  tries integer not null default 0,
  due_at timestamptz(3) not null,
  lease_until timestamptz(3),
  stripe_id text unique,
  failure text,
  requested_at timestamptz(3) not null,
  traceparent text,
  check ((state = 'made') = (stripe_id is not null))
);
comment on table refund_order is 'Money in suspense that goes back to its supporter.';
create index refund_order_due on refund_order (due_at) where state in ('waiting', 'look_up', 'look_up_again');
create index refund_order_invoice on refund_order (invoice_id);

create table payment_fact (
  -- The balance transaction; of a lost dispute, which moves nothing any more, lost: and the dispute.
  id text collate "C" primary key,
  kind text not null check (kind in ('refund', 'refund_failed', 'dispute_opened', 'dispute_won', 'dispute_lost')),
  -- The refund or dispute.
  object_id text collate "C" not null,
  payment_intent_id text collate "C" not null,
  -- Null for a payment that is of no invoice.
  invoice_id text collate "C" references invoice,
  refund_order_id uuid references refund_order,
  amount_cents bigint not null check (amount_cents > 0),
  fee_cents bigint not null,
  at timestamptz(3) not null,
  recorded_at timestamptz(3) not null
);
create index payment_fact_object on payment_fact (object_id);
create index payment_fact_invoice on payment_fact (invoice_id);
revoke update, delete on payment_fact from {{app_role}};

create table reversal (
  id uuid primary key,
  kind text not null check (
    kind in ('refund', 'refund_failed', 'dispute_opened', 'dispute_won', 'dispute_lost', 'operator')),
  -- Null for an operator's, which precedes its refund.
  fact_id text collate "C" references payment_fact,
  settles uuid references reversal,
  invoice_id text collate "C" not null references invoice,
  user_id text collate "C" not null,
  month text not null,
  amount_cents bigint not null check (amount_cents > 0),
  -- Whose budget it changes, and by how much; null when the month was over, and earnings spreads it.
  budget_month text,
  budget_cents bigint not null default 0,
  at timestamptz(3) not null,
  check (budget_month is not null or budget_cents = 0),
  check ((kind = 'operator') = (fact_id is null)),
  check ((kind in ('refund', 'dispute_opened', 'operator')) = (settles is null))
);
comment on table reversal is 'The part of a refund or dispute that is of one month of an invoice.';
create index reversal_invoice on reversal (invoice_id);
create index reversal_budget on reversal (user_id, budget_month) where budget_month is not null;
create index reversal_of_month on reversal (month);
create unique index reversal_settles on reversal (settles) where settles is not null;
revoke update, delete on reversal from {{app_role}};

create index invoice_suspended on invoice (id) where outcome = 'suspended';
-- What corrects an entry is found from that entry: only corrections have one.
create index ledger_transfer_corrects on ledger_transfer (corrects) where corrects is not null;
