import { kitEnvironment } from '@wewrite/service-kit';
import type { z } from 'zod';

export const environment = kitEnvironment(8085);

export type Config = z.infer<typeof environment>;
