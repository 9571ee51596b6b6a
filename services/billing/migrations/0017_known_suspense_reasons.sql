-- E1, E7: why money waits in suspense is one of a few.
alter table invoice add constraint invoice_suspense_reason_check check (
  suspense_reason in ('unknown_subscription', 'foreign_currency', 'does_not_add_up', 'crosses_months', 'negative_month',
                      'paid_late', 'month_closed'));
