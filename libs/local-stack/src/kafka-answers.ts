import { connect } from 'node:net';

const apiKeys = { findCoordinator: 10, heartbeat: 12 } as const;
const unknownMember = 25;

/**
 * Whether a broker is ready for consumer groups: it has a coordinator, and that has loaded its offsets. An open port
 * comes seconds earlier, and clients that come in between are told to wait, again and again. Two requests of Kafka's
 * own protocol, so that this needs no client library: the question where a group is kept (which also makes the broker
 * create the topic of offsets), and a heartbeat of a member that does not exist, which only a loaded coordinator can know.
 */
export async function brokerAnswers(port: number): Promise<boolean> {
  const group = 'wewrite.ready';
  const found = await request(port, apiKeys.findCoordinator, string(group));
  if (found?.readInt16BE(0) !== 0) return false;
  const heartbeat = await request(port, apiKeys.heartbeat, Buffer.concat([string(group), int32(0), string('nobody')]));
  return heartbeat?.readInt16BE(0) === unknownMember;
}

/** Sends one request of version 0 and returns the answer's body; `null` when there is none within a second. */
function request(port: number, apiKey: number, body: Buffer): Promise<Buffer | null> {
  const correlationId = 1;
  const header = Buffer.concat([int16(apiKey), int16(0), int32(correlationId), string('wewrite-ready')]);
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const finish = (answer: Buffer | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => finish(null));
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(null));
    socket.on('connect', () => socket.write(Buffer.concat([int32(header.length + body.length), header, body])));
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      // The length and the correlation id come before the body, four bytes each.
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) finish(received.subarray(8));
    });
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function string(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}
