-- Lines as they were locked, supporters' and writers' months derived from them. Rows are only added.

create table run (
  run_id uuid primary key,
  month text not null,
  kind text not null check (kind in ('close', 'rehearsal')),
  state text not null default 'collecting'
    check (state in ('collecting', 'indexing', 'calculating', 'announcing', 'calculated')),
  after_user_id text collate "C" not null default '',
  fee_basis_points integer not null check (fee_basis_points between 0 and 10000),
  traceparent text,
  check (after_user_id = '' or state in ('calculating', 'announcing'))
);
create unique index run_month on run (month) where kind = 'close';
create index run_unfinished on run (month) where state in ('indexing', 'calculating', 'announcing');
comment on column run.after_user_id is 'Where the stage goes on: writers up to this one, in byte order, are done.';
comment on column run.fee_basis_points is 'Fixed when the run begins, so that a resumed calculation gives the same result.';
revoke delete on run from {{app_role}};

create table chunk (
  run_id uuid not null references run,
  chunk integer not null check (chunk >= 0),
  line_count integer not null check (line_count >= 0),
  primary key (run_id, chunk)
);
comment on table chunk is 'The chunks that are stored; a chunk is stored once, whatever is repeated.';
revoke update, delete on chunk from {{app_role}};

create table line (
  run_id uuid not null,
  usd_cents bigint not null check (usd_cents >= 0),
  funded_cents bigint not null check (funded_cents between 0 and usd_cents),
  chunk integer not null,
  position integer not null,
  user_id text collate "C" not null,
  recipient_user_id text collate "C" not null,
  resource_type text collate "C" not null,
  resource_id text collate "C" not null
) partition by list (run_id);
comment on table line is 'The only rows of lines anywhere, a partition a run. Id, status and fee are derived: see line_detail.';
revoke update, delete on line from {{app_role}};

create table supporter_month (
  run_id uuid not null references run,
  user_id text collate "C" not null,
  paid_cents bigint not null check (paid_cents >= 0),
  funded_cents bigint not null check (funded_cents >= 0),
  unallocated_cents bigint not null check (unallocated_cents >= 0),
  unfunded_cents bigint not null check (unfunded_cents >= 0),
  primary key (run_id, user_id),
  check (funded_cents + unallocated_cents = paid_cents)
);
revoke update, delete on supporter_month from {{app_role}};

create table writer_month (
  run_id uuid not null references run,
  recipient_user_id text collate "C" not null,
  gross_cents bigint not null check (gross_cents >= 0),
  fee_cents bigint not null check (fee_cents >= 0),
  net_cents bigint not null check (net_cents >= 0),
  line_count integer not null check (line_count > 0),
  last_extra_remainder bigint,
  last_extra_line_id text collate "C",
  primary key (run_id, recipient_user_id),
  check (fee_cents + net_cents = gross_cents),
  check (num_nulls(last_extra_remainder, last_extra_line_id) <> 1)
);
comment on column writer_month.last_extra_remainder is
  'With last_extra_line_id: the last line, by remainder downwards and line id upwards, that carries one of the fee''s left-over cents.';
revoke update, delete on writer_month from {{app_role}};

create table books (
  only_row boolean primary key default true check (only_row),
  version integer not null
);
insert into books (version) values (0);
comment on table books is 'Counts the checks of the books; its one row puts them in order.';
revoke insert, delete on books from {{app_role}};
