-- What supporters ask of a subscription that they have. A change is written down before Stripe is told, so that a request
-- that is repeated goes on with the same body and the same key.

create table subscription_change (
  subscription_id uuid not null references subscription,
  number integer not null,
  asked text not null check (asked in ('now', 'next_month', 'cancel', 'resume')),
  monthly_cents bigint check (monthly_cents > 0),
  -- From when on the difference is invoiced; null for what takes effect on the 1st.
  prorated_from timestamptz(3),
  state text not null check (state in ('checking', 'sending', 'unclear', 'done', 'refused', 'abandoned')),
  requested_at timestamptz(3) not null,
  -- Technical time: the age of the key.
  numbered_at timestamptz(3) not null,
  primary key (subscription_id, number),
  check ((asked in ('now', 'next_month')) = (monthly_cents is not null)),
  check (prorated_from is null or asked = 'now'),
  check (state <> 'checking' or prorated_from is not null)
);
comment on column subscription_change.state is
  'checking: what Stripe would invoice is asked; sending: Stripe may know it; unclear: its key would bring the same failure again; abandoned: given up for another one.';
create unique index subscription_change_unfinished on subscription_change (subscription_id)
  where state in ('checking', 'sending', 'unclear');

-- A raise whose invoice waits for its payment: it counts when paid (E3).
alter table subscription
  add column raise_cents bigint check (raise_cents > 0),
  add column raise_invoice_id text,
  add column raise_expires_at timestamptz(3),
  add constraint subscription_raise check (
    (raise_cents is null) = (raise_invoice_id is null) and (raise_cents is null) = (raise_expires_at is null));
