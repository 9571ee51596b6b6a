import { z } from 'zod';
import { MonthSchema } from './month.ts';

/** The five services and the gateway. The first five own a Postgres schema of the same name. */
export const serviceNames = ['allocations', 'billing', 'earnings', 'payouts', 'monitoring'] as const;
export const ServiceNameSchema = z.enum(serviceNames);
export type ServiceName = z.infer<typeof ServiceNameSchema>;

/** A close, or a close that changes no money and no plan. */
export const RunKindSchema = z.enum(['close', 'rehearsal']);
export type RunKind = z.infer<typeof RunKindSchema>;

/** What every message of a close carries: which run of which month. */
export const RunSchema = z.object({ runId: z.uuid(), kind: RunKindSchema, month: MonthSchema });
export type Run = z.infer<typeof RunSchema>;

const RehearsedSchema = z.object({ run: z.object({ kind: z.literal('rehearsal') }) });

/** True for the body of a rehearsal's message: on every topic, a message of a close carries its run as `run`. */
export function isRehearsed(body: unknown): boolean {
  return RehearsedSchema.safeParse(body).success;
}
