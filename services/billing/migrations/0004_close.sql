-- What billing does in a month's close.

create table earning_waiting (
  run_id uuid not null,
  recipient_user_id text collate "C" not null,
  month text not null,
  kind text not null,
  gross_cents bigint not null,
  fee_cents bigint not null,
  net_cents bigint not null,
  line_count integer not null,
  cause_event_id text not null,
  primary key (run_id, recipient_user_id)
);
comment on table earning_waiting is 'Writer months to be posted once all supporters'' funds of the run are; removed as they are.';

create table escrow_move (
  run_id uuid primary key,
  month text not null,
  state text not null check (state in ('pending', 'waiting_for_funds', 'completed')),
  obligations_cents bigint not null default 0,
  moved_cents bigint not null default 0,
  shortfall_cents bigint not null default 0,
  version integer not null default 0,
  requested_at timestamptz(3) not null,
  completed_at timestamptz(3),
  traceparent text,
  check ((state = 'completed') = (completed_at is not null))
);

-- One row: its number is the version of a check of the books, its lock makes checks one after another.
create table books_version (
  single boolean primary key default true check (single),
  version integer not null
);
insert into books_version (version) values (0);
revoke insert, delete on books_version from {{app_role}};

-- Accounts of a month, for the equations of that month.
create index ledger_account_of_month on ledger_account (right(id, 7)) where id ^@ 'supporter_funds:';
