-- A run's partition is made and indexed with the owner's rights: at run time the service cannot change its schema.

create function line_partition_name(run_id uuid) returns text
  language sql immutable parallel safe
  return 'line_' || replace(run_id::text, '-', '');

-- Attached after its making: that leaves readers and writers of other runs alone, which PARTITION OF does not.
create function create_line_partition(run_id uuid) returns void
  language plpgsql security definer set search_path = {{schema}}, pg_temp
as $$
declare
  partition_name text := line_partition_name(run_id);
begin
  execute format('create table %I (like line including constraints)', partition_name);
  execute format('revoke all on %I from {{app_role}}', partition_name);
  execute format('alter table line attach partition %I for values in (%L)', partition_name, run_id);
end $$;

-- Once all lines are in: a writer's lines, and a chunk's, found without reading the others. One statement each, however
-- many lines there are, so the runtime role's transaction_timeout does not apply.
create function index_line_partition(run_id uuid) returns void
  language plpgsql security definer set search_path = {{schema}}, pg_temp set transaction_timeout = 0
as $$
declare
  partition_name text := line_partition_name(run_id);
begin
  execute format('create index %I on %I (recipient_user_id)', partition_name || '_recipient', partition_name);
  execute format('create index %I on %I (chunk, position)', partition_name || '_place', partition_name);
  execute format('analyze %I', partition_name);
end $$;

revoke execute on function create_line_partition, index_line_partition from public;
grant execute on function create_line_partition, index_line_partition to {{app_role}};
