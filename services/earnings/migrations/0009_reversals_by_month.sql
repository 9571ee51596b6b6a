-- A month's reversals in the order in which they came, page by page.

create index reversal_month on reversal (month, place);
