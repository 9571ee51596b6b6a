-- E5: what waits for a month is spread before its closing message is said, as a stage of the run.

alter table run drop constraint run_state_check;
alter table run add constraint run_state_check
  check (state in ('collecting', 'indexing', 'calculating', 'announcing', 'reversing', 'calculated'));
drop index run_unfinished;
create index run_unfinished on run (month) where state in ('indexing', 'calculating', 'announcing', 'reversing');
