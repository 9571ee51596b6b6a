const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

function mix(word: number): number {
  const product = Math.imul(word, multiplier);
  return Math.imul(product ^ (product >>> 24), multiplier);
}

/** Kafka's murmur2 of bytes as a signed 32-bit number, the same as `org.apache.kafka.common.utils.Utils.murmur2`. */
export function murmur2(bytes: Buffer): number {
  const tail = bytes.length & ~3;
  let hash = seed ^ bytes.length;
  for (let at = 0; at < tail; at += 4) hash = Math.imul(hash, multiplier) ^ mix(bytes.readInt32LE(at));
  if (tail < bytes.length) hash = Math.imul(hash ^ bytes.readUIntLE(tail, bytes.length - tail), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition of a key, as every Kafka client with the default partitioner chooses it; both brokers use this one. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}
