-- Supporters and what they subscribed to. Rows are written before Stripe is called, so that a crash in between is resumed.

create table customer (
  user_id text collate "C" primary key,
  stripe_id text unique,
  created_at timestamptz(3) not null
);

create table subscription (
  id uuid primary key,
  user_id text collate "C" not null references customer,
  state text not null check (state in ('creating', 'refused', 'active', 'past_due', 'ended')),
  -- What was asked for; together with the attempt they make the body and the idempotency keys of its creation at Stripe.
  payment_method_id text not null,
  first_month_free boolean not null,
  attempt integer not null default 1,
  attempted_at timestamptz(3) not null,
  stripe_id text unique,
  stripe_item_id text,
  -- The amount of a month, and the amount from the month next_from on.
  monthly_cents bigint not null check (monthly_cents > 0),
  next_cents bigint not null check (next_cents > 0),
  next_from text not null check (next_from ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  change_number integer not null default 0,
  started_at timestamptz(3),
  cancel_at timestamptz(3),
  ended_at timestamptz(3),
  version integer not null default 1,
  requested_at timestamptz(3) not null,
  check (state not in ('active', 'past_due', 'ended')
         or (stripe_id is not null and stripe_item_id is not null and started_at is not null))
);
comment on column subscription.version is 'Rises with each reading of the object at Stripe that was applied.';
create unique index subscription_one_a_user on subscription (user_id) where state in ('creating', 'active', 'past_due');
create index subscription_user on subscription (user_id);
