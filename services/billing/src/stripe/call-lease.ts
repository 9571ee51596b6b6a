import { longestCallMs } from '@wewrite/service-kit/stripe';
import type { BillingContext } from '../context.ts';

/** Until when somebody who calls Stripe now may be at that call, its repetitions included; technical time. */
export function callLeaseEnd({ config, time }: Pick<BillingContext, 'config' | 'time'>): Date {
  return new Date(time.now().getTime() + longestCallMs(config));
}
