import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true });

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Makes one call over HTTP on loopback. `fetch` does the same for three times as much work. */
export function httpCall(
  url: URL,
  { method, headers, body = '' }: { method: string; headers: Readonly<Record<string, string>>; body?: string },
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  const call = request(url, { agent, method, headers: body === '' ? headers : { ...headers, ...length } }, (answer) => {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (part: string) => {
      text += part;
    });
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    answer.on('error', reject);
  });
  call.on('error', reject);
  call.end(body);
  return promise;
}
