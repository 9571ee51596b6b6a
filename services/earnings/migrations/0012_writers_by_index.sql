-- Calculating a run reads each writer's amounts in the index alone, whatever else the partition holds: the steps of a
-- large run do not each read the whole of it. That needs rows known to be visible, so the service may vacuum its lines.

create or replace function create_line_partition(run_id uuid) returns void
  language plpgsql security definer set search_path = {{schema}}, pg_temp
as $$
declare
  partition_name text := line_partition_name(run_id);
begin
  execute format('create table %I (like line including constraints)', partition_name);
  execute format('revoke all on %I from {{app_role}}', partition_name);
  execute format('grant maintain on %I to {{app_role}}', partition_name);
  execute format('alter table line attach partition %I for values in (%L)', partition_name, run_id);
end $$;

-- The run is in the index, though all rows have the same: a filter on what an index lacks would fetch each row.
create or replace function index_line_partition(run_id uuid) returns void
  language plpgsql security definer set search_path = {{schema}}, pg_temp set transaction_timeout = 0
as $$
declare
  partition_name text := line_partition_name(run_id);
begin
  execute format(
    'create index %I on %I (run_id, recipient_user_id, funded_cents)', partition_name || '_recipient', partition_name);
  execute format('create index %I on %I (chunk, position)', partition_name || '_place', partition_name);
  execute format('analyze %I', partition_name);
end $$;
