-- What writers earn by each run, to compare months, and a rehearsal with its close.

create table writer_net (
  run_id uuid not null,
  month text not null,
  kind text not null check (kind in ('close', 'rehearsal')),
  user_id text collate "C" not null,
  net_cents bigint not null,
  primary key (run_id, user_id)
);
create index writer_net_month on writer_net (month, kind);
