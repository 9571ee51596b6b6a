-- What becomes of a parked message is told of step by step, and a later step counts over an earlier one.

alter table parked_message add column version integer not null default 1;
