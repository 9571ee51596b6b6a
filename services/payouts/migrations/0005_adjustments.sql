-- C6, D8, E5: what is held of writers' money and why, and what was taken back of it or given back.

create table writer_hold (
  hold_id uuid,
  user_id text collate "C",
  place bigint generated always as identity,
  month text not null,
  because text not null check (because in ('hold', 'dispute')),
  state text not null check (state in ('held', 'released', 'reversed')),
  version integer not null,
  wanted_cents bigint not null check (wanted_cents >= 0),
  held_cents bigint not null check (held_cents >= 0),
  reversed_cents bigint not null default 0,
  primary key (hold_id, user_id)
);
create index writer_hold_open on writer_hold (user_id) where state = 'held' or held_cents > 0;
comment on column writer_hold.wanted_cents is 'The net earnings that it concerns; held_cents is less when part of them was paid before.';
comment on column writer_hold.reversed_cents is 'What operators have taken back of it.';

create table adjustment (
  adjustment_id uuid primary key,
  kind text not null
    check (kind in ('refund', 'refund_failed', 'dispute_lost', 'operator', 'receivable_repaid', 'write_off')),
  reversal_id uuid,
  user_id text collate "C" not null,
  month text not null,
  payable_cents bigint not null,
  receivable_cents bigint not null,
  -- By hold id.
  held_cents jsonb not null,
  transfer_keys text[] not null,
  -- An operator's, of a write-off, and who it was.
  reason text,
  decided_by text collate "C",
  at timestamptz(3) not null
);
create index adjustment_user on adjustment (user_id, at);
create index adjustment_reversal on adjustment (reversal_id, user_id) where reversal_id is not null;
comment on table adjustment is 'By how much each balance rose; negative: fell. Said as balance.adjusted.';
revoke update, delete on adjustment from {{app_role}};
