-- Rehearsals: who would be paid, kept apart from everything that is owed or paid.

create table rehearsal (
  run_id uuid primary key,
  month text not null,
  state text not null default 'collecting' check (state in ('collecting', 'judging', 'judged')),
  judged_through text collate "C" not null default '',
  writers_judged integer not null default 0,
  version integer not null default 0,
  traceparent text
);
comment on table rehearsal is 'The one rehearsal that is kept; the next one takes its place.';

create table rehearsed_credit (
  run_id uuid not null references rehearsal on delete cascade,
  user_id text collate "C" not null,
  net_cents bigint not null check (net_cents >= 0),
  primary key (run_id, user_id)
);
comment on table rehearsed_credit is 'What writers would earn; the sub-ledger knows nothing of it.';

create table rehearsed_judgement (
  run_id uuid not null references rehearsal on delete cascade,
  user_id text collate "C" not null,
  payable_cents bigint not null,
  reason text,
  gross_cents bigint not null,
  processing_fee_cents bigint not null,
  net_cents bigint not null,
  primary key (run_id, user_id),
  check (gross_cents = processing_fee_cents + net_cents),
  check ((reason is null) = (gross_cents > 0))
);
comment on table rehearsed_judgement is 'What a payout would be, or why there would be none (D2).';
