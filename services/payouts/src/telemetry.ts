import { prepareTelemetry } from '@wewrite/service-kit';

prepareTelemetry();
