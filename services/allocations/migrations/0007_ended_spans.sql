-- Which change of the plan ended a span before its time: taking that change back would leave the span's amount for good.

alter table schedule add column ended_by_version integer;
alter table schedule add check (ended_by_version is null or (kind = 'add' and state = 'ended'));
comment on column schedule.ended_by_version is 'The version of the direct change that ended the span (A9); null where its last month did.';
