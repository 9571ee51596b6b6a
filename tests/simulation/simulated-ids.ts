import type { Ids } from '@wewrite/service-kit';
import type { SimulatedTime } from './simulated-time.ts';

/** UUIDv7s in the order in which they are asked for: simulated time, then a number that rises. */
export function idsInOrder(time: SimulatedTime): Ids {
  let asked = 0;
  return {
    next: () => {
      asked += 1;
      const instant = time.nowMs().toString(16).padStart(12, '0');
      const number = asked.toString(16).padStart(15, '0');
      return `${instant.slice(0, 8)}-${instant.slice(8)}-7000-8${number.slice(0, 3)}-${number.slice(3)}`;
    },
  };
}
