import type { OutgoingRecord } from './broker.ts';

/** What a produce request may carry for one partition. Kafka refuses a batch of more than 1 MiB (`message.max.bytes`). */
export const requestBytesPerPartition = 768 * 1024;

/** The largest record that either broker takes: Kafka's 1 MiB, less room for the batch's and the record's own fields. */
export const largestRecordBytes = 1024 * 1024 - 1024;

/** A record with the partition that its key belongs to. */
export interface PlacedRecord extends OutgoingRecord {
  readonly partition: number;
}

// Lengths, offset and time deltas that Kafka stores with each record and each header, rounded up.
const recordOverheadBytes = 32;
const headerOverheadBytes = 10;

/** About what the record takes in the log; never less. Throws on one that Kafka would refuse for its size. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = recordOverheadBytes + Buffer.byteLength(record.key) + record.value.length;
  for (const [name, value] of Object.entries(record.headers)) {
    bytes += headerOverheadBytes + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > largestRecordBytes) {
    throw new RangeError(`a record for ${record.topic} has ${bytes} bytes, Kafka takes ${largestRecordBytes} at most`);
  }
  return bytes;
}

/**
 * Splits records, in order, into requests that are sent one after the other. A request is closed as soon as one of its
 * partitions is full, so that no record overtakes an earlier one of its partition.
 */
export function produceRequests(records: readonly PlacedRecord[]): PlacedRecord[][] {
  const requests: PlacedRecord[][] = [];
  let request: PlacedRecord[] = [];
  let filledBytes = new Map<string, number>();
  for (const record of records) {
    const place = `${record.partition}/${record.topic}`;
    const bytes = recordBytes(record);
    const filled = filledBytes.get(place) ?? 0;
    if (filled > 0 && filled + bytes > requestBytesPerPartition) {
      requests.push(request);
      request = [];
      filledBytes = new Map();
    }
    request.push(record);
    filledBytes.set(place, (filledBytes.get(place) ?? 0) + bytes);
  }
  if (request.length > 0) requests.push(request);
  return requests;
}
