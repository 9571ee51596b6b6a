-- Which messages are in the balances that a check of books states, so that two services' balances are of the same moment.

alter table books add column taken_in jsonb not null default '{}';
