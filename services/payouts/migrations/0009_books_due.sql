-- Checks of the books that reversals ask for: many that come together share one.

create table books_due (
  run_id uuid primary key,
  month text not null,
  asked bigint not null default 1
);
comment on table books_due is 'Months whose books are to be checked, as each reversal asks; the row goes with a check that has seen them all.';
