import { describe, expect, test } from '@jest/globals';
import { logLevel } from 'kafkajs';
import { kafkajsLog } from './kafkajs-log.ts';

describe('kafkajsLog', () => {
  function levelOf(level: logLevel, message: string, fields: object = {}): string[] {
    const written: string[] = [];
    const write = (name: string) => () => void written.push(name);
    const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    kafkajsLog(log)()({ namespace: 'Consumer', level, label: '', log: { timestamp: '', message, ...fields } });
    return written;
  }

  test.each([
    ['Response GroupCoordinator(key: 10, version: 2)', { error: 'The group coordinator is not available' }],
    ["Crash: KafkaJSProtocolError: The coordinator is loading and hence can't process requests for this group", {}],
    ['The group is rebalancing, re-joining', {}],
    ['Connection error: connect ECONNREFUSED 127.0.0.1:9092', {}],
  ])('Kafka: what passes by itself is for debugging: %s', (message, fields) => {
    expect(levelOf(logLevel.ERROR, message, fields)).toEqual(['debug']);
  });

  test('Kafka: other errors, which kafkajs retries too, are warnings', () => {
    expect(levelOf(logLevel.ERROR, 'Offset out of range, resetting to default offset')).toEqual(['warn']);
    expect(levelOf(logLevel.INFO, 'Preferred read replica is now 2')).toEqual(['info']);
  });
});
