-- Each standing row knows the change that made it, so that a client can say which state it has seen.

alter table allocation add column version integer;
update allocation set version = (
  select max(version) from allocation_change as change
  where change.user_id = allocation.user_id and change.resource_type = allocation.resource_type
    and change.resource_id = allocation.resource_id
);
alter table allocation alter column version set not null;
comment on column allocation.version is 'The version of the allocation_change that made the row as it is.';
