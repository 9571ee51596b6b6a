-- Resources, budgets, plans with their history, and month closes with their frozen chunks.

create table resource (
  resource_type text not null,
  resource_id text collate "C" not null,
  owner_user_id text collate "C" not null,
  title text not null,
  primary key (resource_type, resource_id)
);
comment on table resource is 'What can be supported, as WeWrite''s site registers it.';

create table budget (
  month text collate "C" not null,
  user_id text collate "C" not null,
  paid_cents bigint not null check (paid_cents >= 0),
  open_cents bigint not null check (open_cents >= 0),
  funding text not null check (funding in ('expected', 'paid', 'none')),
  invoice_ids text[] not null,
  version bigint not null,
  primary key (month, user_id)
);
comment on table budget is 'A copy of what billing says in funding.changed: newer versions apply, until the month is being locked.';

create table funding_closing (
  month text collate "C" primary key,
  supporters integer not null,
  paid_cents bigint not null,
  hash text not null
);
comment on table funding_closing is 'Control totals of a month''s funding (B7): the lock waits until the budgets equal them.';

create table plan (
  user_id text collate "C" primary key,
  version integer not null default 0,
  first_changed_at timestamptz(3),
  last_changed_at timestamptz(3)
);
comment on table plan is 'One row per supporter: its lock orders the plan''s changes. Sums are derived, never stored (A3).';

create table allocation (
  user_id text collate "C" not null,
  resource_type text not null,
  resource_id text collate "C" not null,
  recipient_user_id text collate "C" not null,
  usd_cents bigint not null check (usd_cents > 0),
  since timestamptz(3) not null,
  primary key (user_id, resource_type, resource_id)
);
comment on table allocation is 'Standing wishes (A2). since is the instant of the change that made the row as it is.';

create table allocation_change (
  user_id text collate "C" not null,
  version integer not null,
  resource_type text not null,
  resource_id text collate "C" not null,
  recipient_user_id text collate "C" not null,
  before_cents bigint not null check (before_cents >= 0),
  before_recipient_user_id text collate "C",
  before_since timestamptz(3),
  before_month text collate "C",
  after_cents bigint not null check (after_cents >= 0),
  month text collate "C" not null,
  at timestamptz(3) not null,
  changed_by text collate "C" not null,
  request_id text not null,
  primary key (user_id, version),
  check (num_nulls(before_recipient_user_id, before_since, before_month) = case when before_cents = 0 then 3 else 0 end)
);
comment on table allocation_change is 'Every change of a plan (A10), with the standing row that it replaced: in force from before_since until at.';
revoke update, delete, truncate on allocation_change from {{app_role}};

-- Rows in force at a cutoff that were replaced in a later month: what a close reads beside the standing rows.
create index allocation_change_across_months on allocation_change (month, user_id) where before_month < month;

create table month_close (
  month text collate "C" primary key,
  run_id uuid not null unique,
  cutoff timestamptz(3) not null,
  state text not null check (state in ('waiting_for_funding', 'locking', 'locked')),
  started_at timestamptz(3) not null,
  started_by text collate "C" not null,
  traceparent text,
  locked_at timestamptz(3),
  -- The place of the next chunk: supporters up to this user id are frozen.
  after_user_id text collate "C" not null default '',
  candidates_expected integer,
  candidates_done integer not null default 0,
  progress_version integer not null default 0,
  chunks integer not null default 0,
  supporters integer not null default 0,
  lines integer not null default 0,
  paid_cents bigint not null default 0,
  funded_cents bigint not null default 0,
  unallocated_cents bigint not null default 0,
  unfunded_cents bigint not null default 0,
  check ((state = 'locked') = (locked_at is not null)),
  check ((state = 'waiting_for_funding') = (candidates_expected is null)),
  check (funded_cents + unallocated_cents = paid_cents)
);
revoke delete, truncate on month_close from {{app_role}};

create table close_chunk (
  run_id uuid not null references month_close (run_id),
  chunk integer not null,
  first_user_id text collate "C" not null,
  last_user_id text collate "C" not null,
  sha256 bytea not null,
  payload bytea not null check (octet_length(payload) <= 262144),
  primary key (run_id, chunk)
);
alter table close_chunk alter column payload set storage external;
comment on table close_chunk is 'Frozen lines: the bytes of one month.locked message, stored once and never changed (B1).';
revoke update, delete, truncate on close_chunk from {{app_role}};

create table books_version (
  only_row boolean primary key default true check (only_row),
  version integer not null
);
insert into books_version (version) values (0);
comment on table books_version is 'Counts the books.checked messages; its row lock orders them.';
