-- Revenue that is paid to the platform's own bank account, one row a month (B8). due_at, leases and the age of keys are
-- technical time.

create table revenue_withdrawal (
  month text primary key,
  state text not null default 'pending' check (
    state in ('pending', 'nothing', 'sending', 'look_up', 'sent', 'refused', 'came_back')),
  amount_cents bigint not null default 0 check (amount_cents >= 0),
  key_first_used_at timestamptz(3),
  tries integer not null default 0,
  -- Null when nothing is to be done.
  due_at timestamptz(3),
  lease_until timestamptz(3),
  stripe_id text unique,
  failure text,
  requested_at timestamptz(3) not null,
  traceparent text,
  check ((state in ('sent', 'came_back')) = (stripe_id is not null))
);
create index revenue_withdrawal_due on revenue_withdrawal (due_at) where due_at is not null;
