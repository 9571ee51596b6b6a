import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { z } from 'zod';

const run = promisify(execFile);
const FindingsSchema = z.object({
  findings: z.array(z.object({ what: z.string(), verdict: z.enum(['good', 'note', 'bad']), found: z.string() })),
});

test('the doctor names each thing that it looked at, what it found, and ends with 0 on a machine that can run', async () => {
  const { stdout } = await run(process.execPath, ['apps/cli/src/main.ts', 'doctor', '--json']);
  const { findings } = FindingsSchema.parse(JSON.parse(stdout));
  expect(findings.map(({ what }) => what)).toEqual(['Node', 'Kafka', 'Docker', 'ports', 'disk']);
  expect(findings.filter(({ verdict }) => verdict === 'bad')).toEqual([]);
});
