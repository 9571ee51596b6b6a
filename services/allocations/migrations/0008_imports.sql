-- A13: what supporters wished before this system, as it was brought in, duplicates included.

create table imported_wish (
  user_id text collate "C" not null,
  position integer not null,
  resource_type text not null,
  resource_id text collate "C" not null,
  usd_cents bigint not null check (usd_cents > 0),
  state text not null check (state in ('entered', 'duplicate', 'merged', 'superseded')),
  imported_at timestamptz(3) not null,
  imported_by text collate "C" not null,
  primary key (user_id, position)
);
comment on table imported_wish is 'Every row of an imported plan, in the order of its file: an import is repeated against it.';
comment on column imported_wish.state is
  'entered the plan as it is; duplicate, which waits; merged with its duplicates into one that entered; superseded by what the supporter has changed here.';
create index imported_duplicate on imported_wish (user_id) where state = 'duplicate';
revoke delete, truncate on imported_wish from {{app_role}};

alter table allocation_change drop constraint allocation_change_cause_check;
alter table allocation_change add constraint allocation_change_cause_check
  check (cause in ('user', 'schedule', 'writer_unavailable', 'import'));
