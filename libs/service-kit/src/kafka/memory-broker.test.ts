import { memoryBroker } from './memory-broker.ts';
import { describeBroker } from './tests/conformance.ts';

describeBroker('the in-process broker', () => memoryBroker());
