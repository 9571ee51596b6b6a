-- Webhooks that were verified and acknowledged. They say what to look at; the object at Stripe is the truth.

create table stripe_event (
  id text collate "C" primary key,
  endpoint text not null check (endpoint in ('platform', 'connect', 'thin')),
  type text not null,
  object_id text collate "C" not null,
  account_id text,
  created_at timestamptz(3) not null,
  received_at timestamptz(3) not null,
  payload bytea not null,
  state text not null check (state in ('waiting', 'processed', 'ignored', 'failed')),
  -- When it may be taken: now, after a failure later, and after the lease of whoever took it and did not come back.
  due_at timestamptz(3) not null,
  attempts integer not null default 0,
  failure text
);
create index stripe_event_waiting on stripe_event (due_at) where state = 'waiting';
