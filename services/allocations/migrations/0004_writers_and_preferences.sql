-- A11, A12: whether writers take support, and what supporters prefer.

create table writer_state (
  user_id text collate "C" not null,
  since timestamptz(3) not null,
  until timestamptz(3),
  state text not null check (state in ('open', 'inactive', 'blocked', 'closed')),
  primary key (user_id, since),
  check (until > since)
);
create unique index writer_state_current on writer_state (user_id) where until is null;
comment on table writer_state is 'What WeWrite''s site says of writers, from since until before until. A writer of whom it says nothing is open.';

create table preference (
  user_id text collate "C" primary key,
  increment_cents bigint not null check (increment_cents > 0)
);

alter table month_close add column left_out_lines integer not null default 0;
alter table month_close add column left_out_cents bigint not null default 0;
comment on column month_close.left_out_lines is 'Wishes for writers who were not open at the cutoff (A11): no lines, and counted here.';

-- The support of one resource, for its writer.
create index allocation_by_resource on allocation (resource_type, resource_id) include (recipient_user_id, usd_cents);
