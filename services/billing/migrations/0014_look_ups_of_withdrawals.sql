-- A withdrawal that is absent at two look-ups was not made.

alter table revenue_withdrawal drop constraint revenue_withdrawal_state_check;
alter table revenue_withdrawal add constraint revenue_withdrawal_state_check check (
  state in ('pending', 'nothing', 'sending', 'look_up', 'look_up_again', 'sent', 'refused', 'came_back'));
