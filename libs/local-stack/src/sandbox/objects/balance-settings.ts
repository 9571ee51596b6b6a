import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import type { Stored } from '../engine/stored.ts';
import type { Turn } from '../engine/turn.ts';

type BalanceSettings = Stored<Stripe.BalanceSettings>;

/** Settings have no id at Stripe; here they are the one row of their table. */
const onlyId = 'balance_settings';

export const balanceSettings = defineCollection<BalanceSettings & { id: string }>('balance_settings');

const interval = z.enum(['daily', 'manual', 'monthly', 'weekly']);

export const balanceSettingsEndpoints = [
  endpoint('GET', '/v1/balance_settings', {}, (turn) => answer(current(turn))),
  endpoint(
    'POST',
    '/v1/balance_settings',
    {
      payments: z
        .strictObject({
          payouts: z
            .strictObject({ schedule: z.strictObject({ interval: interval.optional() }).optional() })
            .optional(),
        })
        .optional(),
    },
    (turn, parameters) => {
      const settings = current(turn);
      const changed = parameters.payments?.payouts?.schedule?.interval;
      if (changed !== undefined && settings.payments.payouts !== null) {
        settings.payments.payouts.schedule = { interval: changed };
      }
      if (turn.store.find(balanceSettings, onlyId) === undefined) {
        turn.store.insert(balanceSettings, settings, turn.nowSeconds);
      } else turn.store.replace(balanceSettings, settings);
      return answer(settings);
    },
  ),
];

/** A new account pays out daily, until it is told otherwise. */
function current(turn: Turn): BalanceSettings & { id: string } {
  const stored = turn.store.find(balanceSettings, onlyId);
  if (stored !== undefined) return stored;
  return {
    id: onlyId,
    object: 'balance_settings',
    payments: {
      debit_negative_balances: true,
      payouts: {
        automatic_transfer_rules_by_currency: null,
        minimum_balance_by_currency: null,
        schedule: { interval: 'daily' },
        statement_descriptor: null,
        status: 'enabled',
      },
      settlement_timing: { delay_days: 2, start_of_day: null },
    },
  };
}

function answer({ id: _ours, ...settings }: BalanceSettings & { id: string }): BalanceSettings {
  return settings;
}
