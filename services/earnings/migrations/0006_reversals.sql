-- What refunds, disputes and operators take back of a month that is calculated (E5). Rows are only added; a reversal that
-- comes before its month is calculated waits in waiting_reversal.

create table reversal (
  reversal_id uuid primary key,
  place bigint generated always as identity,
  kind text not null
    check (kind in ('refund', 'refund_failed', 'dispute_opened', 'dispute_won', 'dispute_lost', 'operator')),
  settles uuid,
  user_id text collate "C" not null,
  month text not null,
  amount_cents bigint not null check (amount_cents >= 0),
  invoice_id text,
  stripe_id text,
  at timestamptz(3) not null,
  message_id text collate "C",
  partition_number integer,
  partition_offset bigint,
  traceparent text,
  check (num_nulls(invoice_id, stripe_id) = (case when kind = 'operator' then 2 else 0 end))
);
create unique index reversal_settles on reversal (settles) where kind <> 'operator';
comment on column reversal.place is 'The order in which reversals came, which is the order in which they are spread.';
comment on index reversal_settles is 'A reversal is undone or concluded once. An operator''s name the hold that they end, one a supporter.';
revoke update, delete on reversal from {{app_role}};

create table waiting_reversal (
  reversal_id uuid primary key references reversal,
  month text not null,
  refused_because text
);
create index waiting_reversal_month on waiting_reversal (month) where refused_because is null;
comment on column waiting_reversal.refused_because is 'It does not fit to what is left of the month: somebody has to look.';

create table applied_reversal (
  reversal_id uuid primary key references reversal,
  run_id uuid not null references run,
  user_id text collate "C" not null,
  taken_cents bigint not null,
  disputed_cents bigint not null
);
create index applied_reversal_supporter on applied_reversal (run_id, user_id);
comment on table applied_reversal is
  'Its part of what was left unallocated: taken for good, or disputed. Both are signed, so that sums over rows are what stands.';
revoke update, delete on applied_reversal from {{app_role}};

create table line_reversal (
  reversal_id uuid not null references applied_reversal,
  run_id uuid not null,
  chunk integer not null,
  position integer not null,
  user_id text collate "C" not null,
  recipient_user_id text collate "C" not null,
  taken_gross_cents bigint not null,
  taken_fee_cents bigint not null,
  disputed_gross_cents bigint not null,
  disputed_fee_cents bigint not null,
  primary key (reversal_id, chunk, position)
);
create index line_reversal_line on line_reversal (run_id, chunk, position);
create index line_reversal_recipient on line_reversal (run_id, recipient_user_id);
comment on table line_reversal is 'Its part of each line, signed as in applied_reversal: a line itself never changes.';
revoke update, delete on line_reversal from {{app_role}};

create view line_state as
select line_detail.*, reversed.taken_gross_cents, reversed.taken_fee_cents,
  reversed.disputed_gross_cents, reversed.disputed_fee_cents
from line_detail
cross join lateral (
  select coalesce(sum(taken_gross_cents), 0)::bigint as taken_gross_cents,
    coalesce(sum(taken_fee_cents), 0)::bigint as taken_fee_cents,
    coalesce(sum(disputed_gross_cents), 0)::bigint as disputed_gross_cents,
    coalesce(sum(disputed_fee_cents), 0)::bigint as disputed_fee_cents
  from line_reversal
  where line_reversal.run_id = line_detail.run_id and line_reversal.chunk = line_detail.chunk
    and line_reversal.position = line_detail.position
) as reversed;
comment on view line_state is 'Lines with what reversals have taken of them, and what is in dispute.';
revoke insert, update, delete on line_state from {{app_role}};
