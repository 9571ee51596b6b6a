import { endingWithSignals } from '@wewrite/service-kit';
import { runGateway } from './app.ts';

await endingWithSignals(() => runGateway(process.env));
