import { kitEnvironment } from '@wewrite/service-kit';
import { z } from 'zod';

export const environment = kitEnvironment(8083).extend({
  /** The platform fee in basis points of a writer's gross (C1). A run keeps the rate that it began with. */
  PLATFORM_FEE_BPS: z.coerce.number().int().min(0).max(10_000).default(700),
  /** Turns line ids into line keys and supporters into pseudonyms (C4); another secret gives other keys. */
  LINE_KEY_SECRET: z.string().min(32),
});

export type Config = z.infer<typeof environment>;
