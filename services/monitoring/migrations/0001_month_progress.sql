-- Where each run stands, and what every service says of its books.

create table month_run (
  run_id uuid primary key,
  month text not null,
  kind text not null check (kind in ('close', 'rehearsal')),
  trace_id text,
  state text not null default 'running' check (state in ('running', 'reconciled', 'unexplained')),
  unexplained_cents bigint,
  changed_at timestamptz(3) not null
);
create index month_run_month on month_run (month, kind);

create table step_progress (
  run_id uuid not null references month_run,
  step text not null,
  expected bigint,
  done bigint not null,
  sums jsonb not null,
  state text not null check (state in ('running', 'waiting_for_funds', 'done')),
  version integer not null,
  books_version integer,
  started_at timestamptz(3) not null,
  changed_at timestamptz(3) not null,
  primary key (run_id, step)
);
comment on column step_progress.started_at is 'Real time of the first message of the step; changed_at of the last.';

create table books (
  service text not null,
  run_key text not null,
  version integer not null,
  month text,
  stage text not null,
  checked_at timestamptz(3) not null,
  equations jsonb not null,
  sums jsonb not null,
  primary key (service, run_key)
);
comment on column books.run_key is 'The run that the check belongs to, or empty for one of no run.';
