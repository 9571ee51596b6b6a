-- What explaining a cent needs beside the lines: where each chunk came from and whose it is, and what paid a month.

alter table chunk
  add column first_user_id text collate "C",
  add column last_user_id text collate "C",
  add column invoice_ids jsonb,
  add column message_id text collate "C",
  add column partition_number integer,
  add column partition_offset bigint,
  add column traceparent text;
comment on column chunk.first_user_id is
  'With last_user_id: a supporter''s lines are found by the chunks that may hold them, since lines have no index on supporters.';
comment on column chunk.invoice_ids is 'What paid each supporter''s budget: an object of user ids.';

update chunk set first_user_id = users.first_user_id, last_user_id = users.last_user_id
from (
  select run_id, chunk, min(user_id) as first_user_id, max(user_id) as last_user_id from line group by run_id, chunk
) as users
where users.run_id = chunk.run_id and users.chunk = chunk.chunk;

create table payout (
  payout_id uuid primary key,
  run_id uuid not null,
  month text not null,
  recipient_user_id text collate "C" not null,
  gross_cents bigint not null check (gross_cents >= 0),
  processing_fee_cents bigint not null check (processing_fee_cents >= 0),
  net_cents bigint not null check (net_cents >= 0),
  requested_at timestamptz(3) not null,
  message_id text collate "C" not null,
  partition_number integer not null,
  partition_offset bigint not null,
  traceparent text,
  check (processing_fee_cents + net_cents = gross_cents)
);
create index payout_recipient on payout (recipient_user_id, month);
comment on table payout is 'Payouts as they were requested; what became of each is in payout_outcome. A copy, for explaining.';
revoke update, delete on payout from {{app_role}};

create table payout_outcome (
  payout_id uuid not null,
  outcome text not null check (outcome in ('paid', 'failed', 'returned', 'canceled')),
  transfer_id text,
  reason text,
  at timestamptz(3) not null,
  message_id text collate "C" not null,
  partition_number integer not null,
  partition_offset bigint not null,
  traceparent text,
  primary key (payout_id, outcome)
);
comment on table payout_outcome is 'An outcome may be heard before its payout: topics have no order among each other.';
revoke update, delete on payout_outcome from {{app_role}};
