-- Rehearsals are closes in tables of their own: what a plan or a budget does never depends on one.

create table rehearsal (like month_close including all);
alter table rehearsal add column kind text not null default 'rehearsal' check (kind = 'rehearsal');
comment on table rehearsal is 'The one rehearsal that is kept; the next one takes its place.';

create table rehearsal_chunk (
  like close_chunk including all,
  foreign key (run_id) references rehearsal (run_id) on delete cascade
);
comment on table rehearsal_chunk is 'The lines of the rehearsal: the bytes of its month.locked messages.';

alter table month_close add column kind text not null default 'close' check (kind = 'close');
