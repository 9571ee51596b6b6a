-- E5: a refund or dispute may cross an operator's reversal of the same money, and then finds less than it is of.

alter table applied_reversal add column suspense_cents bigint not null default 0;
comment on column applied_reversal.suspense_cents is
  'What of it operators had taken before it came: it is of no line. Signed, so that the sum over rows is what stands.';
