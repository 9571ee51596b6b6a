-- For the census: which states rows can be in, and how often they came into each, those included that they soon left.
create view known_state as
select class.relname as table_name, attribute.attname as column_name,
       '{{schema}}.' || class.relname || '.' || attribute.attname || ' ' || value[1] as name
  from pg_constraint as list
  join pg_class as class on class.oid = list.conrelid and class.relkind = 'r' and not class.relispartition
  join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum = list.conkey[1]
 cross join lateral regexp_matches(pg_get_constraintdef(list.oid), '''([^'']+)''::text', 'g') as value
 where list.contype = 'c' and list.connamespace = '{{schema}}'::regnamespace and cardinality(list.conkey) = 1
   and pg_get_constraintdef(list.oid) like 'CHECK ((% = ANY (ARRAY[%';
comment on view known_state is 'The values of each column that a check limits to a list.';

create table state_seen (name text not null);
comment on table state_seen is 'A row each time that a row has come into a state.';
grant select on known_state, state_seen to {{app_role}};

create function see_state() returns trigger language plpgsql security definer set search_path = {{schema}}, pg_temp as $$
begin
  insert into state_seen values ('{{schema}}.' || tg_table_name || '.' || tg_argv[0] || ' ' || (to_jsonb(new) ->> tg_argv[0]));
  return null;
end
$$;

do $$
declare
  watched record;
begin
  for watched in select distinct table_name, column_name from known_state loop
    execute format(
      'create trigger %1$I after insert on %3$I for each row when (new.%2$I is not null) execute function see_state(%2$L)',
      'seen_at_first_' || watched.column_name, watched.column_name, watched.table_name);
    execute format(
      'create trigger %1$I after update on %3$I for each row when (new.%2$I is distinct from old.%2$I and new.%2$I is not null)
         execute function see_state(%2$L)',
      'seen_later_' || watched.column_name, watched.column_name, watched.table_name);
  end loop;
end
$$;
