import { type LogEntry, logLevel } from 'kafkajs';
import type { BrokerLog } from './log.ts';

/*
 * kafkajs logs as errors what it then retries by itself; what it cannot repair arrives as a rejection or as `onCrash`,
 * and is logged there. So its errors are warnings here, and what happens each time that a broker has just started, or a
 * group shares its partitions out anew, is for debugging.
 */
const passing = [
  /^Response /,
  /coordinator is loading/,
  /group coordinator is not available/i,
  /not the (correct )?coordinator/,
  /group is rebalancing/,
  /coordinator is not aware of this member/,
  /Specified group generation id is not valid/,
  /Topic with this name already exists/,
  /^Connection error/,
  /^Failed to connect to seed broker/,
  /^(Pausing|Resuming) fetching/,
  /^(Starting|Stopped|Consumer has joined the group|consumer not running, exiting)$/,
  /^Restarting the consumer/,
];

function isPassing({ message, error }: { message: string; error?: unknown }): boolean {
  return passing.some((pattern) => pattern.test(message) || (typeof error === 'string' && pattern.test(error)));
}

/** Sends kafkajs's log lines to ours, without those that tell of nothing wrong. */
export function kafkajsLog(log: BrokerLog): () => (entry: LogEntry) => void {
  return () =>
    ({ level, namespace, log: { message, timestamp: _, logger: __, ...fields } }) => {
      const line = { kafkajs: namespace, ...fields };
      if (level === logLevel.DEBUG || isPassing({ message, error: fields.error })) log.debug(line, message);
      else if (level === logLevel.INFO) log.info(line, message);
      else log.warn(line, message);
    };
}
