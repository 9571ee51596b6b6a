-- A rehearsal's rows go when the next one starts; those of closes stay for good, so only the owner's function deletes.

create function drop_rehearsals_before(later_run_id uuid) returns void
  language plpgsql security definer set search_path = {{schema}}, pg_temp
as $$
declare
  earlier uuid;
begin
  for earlier in
    select run_id from run where kind = 'rehearsal' and run_id < later_run_id order by run_id for update
  loop
    execute format('drop table %I', line_partition_name(earlier));
    delete from writer_month where run_id = earlier;
    delete from supporter_month where run_id = earlier;
    delete from chunk where run_id = earlier;
    delete from run where run_id = earlier;
  end loop;
end $$;

revoke execute on function drop_rehearsals_before from public;
grant execute on function drop_rehearsals_before to {{app_role}};
