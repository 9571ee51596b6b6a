-- Books of closes that were changed since they were last checked; one check serves all that asked for it.

create table books_due (
  run_id uuid not null,
  stage text not null,
  month text not null,
  -- Counts who asked: a check that was asked for again while it was made is made again.
  asked integer not null default 1,
  traceparent text,
  primary key (run_id, stage)
);
