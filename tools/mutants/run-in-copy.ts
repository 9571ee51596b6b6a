import { spawn } from 'node:child_process';

/** A program that has ended, and what it has written. */
export interface Ended {
  readonly output: string;
  readonly errors: string;
  /** It was ended, since it took too long. */
  readonly isEndless: boolean;
}

/** Runs a program of Node's in a copy of the tree; it is ended when it takes longer than `longestMs`. */
export function runInCopy(copy: string, parameters: readonly string[], longestMs: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const program = ['--disable-warning=ExperimentalWarning', ...parameters];
    const child = spawn(process.execPath, program, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] });
    const written: Buffer[] = [];
    const errors: Buffer[] = [];
    let isEndless = false;
    const deadline = setTimeout(() => {
      isEndless = true;
      child.kill('SIGKILL');
    }, longestMs);
    child.stdout.on('data', (chunk: Buffer) => written.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(deadline);
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
      resolve({ output: text(written), errors: text(errors), isEndless });
    });
  });
}
