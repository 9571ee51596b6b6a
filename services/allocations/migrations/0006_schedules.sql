-- A9: changes that are to happen by themselves.

create table schedule (
  id uuid primary key,
  number bigint generated always as identity,
  user_id text collate "C" not null,
  resource_type text not null,
  resource_id text collate "C" not null,
  recipient_user_id text collate "C" not null,
  kind text not null check (kind in ('set', 'add')),
  usd_cents bigint not null check (usd_cents >= 0),
  from_month text collate "C" not null,
  through_month text collate "C",
  state text not null check (state in ('planned', 'begun', 'ended', 'did_not_fit', 'removed')),
  due_month text collate "C",
  version integer not null default 1,
  check ((kind = 'add') = (through_month is not null)),
  check (kind = 'set' or usd_cents > 0),
  check (through_month >= from_month),
  check (due_month is null or state in ('planned', 'begun'))
);
comment on table schedule is 'Changes of allocations from a month on (set) or for a span of months (add).';
comment on column schedule.number is 'The order in which they were made, which is that in which they are applied.';
comment on column schedule.due_month is 'At whose first instant something is to be done: it begins, or it ends. Null when nothing is.';
create index schedule_due on schedule (due_month, user_id) where due_month is not null;
create index schedule_user on schedule (user_id, number);
create index schedule_span on schedule (user_id) where kind = 'add' and state = 'begun';
revoke delete, truncate on schedule from {{app_role}};

alter table allocation_change add column cause text not null default 'user' check (cause in ('user', 'schedule'));
