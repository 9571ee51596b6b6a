import { fstatSync } from 'node:fs';
import { readConfig } from './config.ts';
import { startSandbox } from './start-sandbox.ts';

// The sandbox as a process: it says where it listens, in one line, and ends with its parent.
const sandbox = await startSandbox(readConfig());

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await sandbox.stop();
  process.exit(0);
}

process.once('SIGTERM', () => void end());
process.once('SIGINT', () => void end());
process.once('disconnect', () => void end());
// A pipe or socket on standard input is the parent's: it closes when the parent dies, however it dies.
const input = fstatSync(0);
if (input.isFIFO() || input.isSocket()) process.stdin.once('end', () => void end()).resume();

process.stdout.write(`${JSON.stringify({ listening: sandbox.url })}\n`);
