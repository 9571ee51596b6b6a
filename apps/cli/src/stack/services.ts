import { allocations } from '@wewrite/allocations';
import { billing } from '@wewrite/billing';
import type { ServiceName } from '@wewrite/contracts';
import { earnings } from '@wewrite/earnings';
import { monitoring } from '@wewrite/monitoring';
import { payouts } from '@wewrite/payouts';
import { type RunnableService, runnable } from '@wewrite/service-kit';

/** The five services by name. */
export const services: Readonly<Record<ServiceName, RunnableService>> = {
  allocations: runnable(allocations),
  billing: runnable(billing),
  earnings: runnable(earnings),
  payouts: runnable(payouts),
  monitoring: runnable(monitoring),
};
