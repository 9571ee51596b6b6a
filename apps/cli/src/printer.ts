import { Listr } from 'listr2';

export { dollars } from '@wewrite/contracts';

/** Shows people what happens: bars in a terminal, plain lines in a pipe. */
export interface Printer {
  say(line: string): void;
  /** Shows a step while it runs and how long it took; `show` tells how far it is, its last text stays. */
  step<Result>(title: string, work: (show: (progress: string) => void) => Promise<Result>): Promise<Result>;
}

/** The printer that suits the standard output. */
export function printerFor(output: NodeJS.WriteStream): Printer {
  return output.isTTY ? terminalPrinter(output) : plainPrinter(output);
}

/** One line when something is said, and one when a step is over. */
export function plainPrinter(output: { write(text: string): unknown }): Printer {
  const say = (line: string) => void output.write(`${line}\n`);
  return {
    say,
    step: async (title, work) => {
      const start = performance.now();
      let last = '';
      const ended = (mark: string) => {
        const lines = last.split('\n');
        const only = lines.length === 1 && last !== '' ? `: ${last}` : '';
        say(`${mark} ${title}${only} (${secondsSince(start)})`);
        if (lines.length > 1) for (const line of lines) say(`  ${line}`);
      };
      try {
        const result = await work((progress) => {
          last = progress;
        });
        ended('✓');
        return result;
      } catch (error) {
        ended('✗');
        throw error;
      }
    },
  };
}

function terminalPrinter(output: NodeJS.WriteStream): Printer {
  let waiting: string[] | null = null;
  const say = (line: string) => {
    // A line in the middle of a step would tear its bar apart: it is shown when the step is over.
    if (waiting === null) output.write(`${line}\n`);
    else waiting.push(line);
  };
  const step: Printer['step'] = async (title, work) => {
    const start = performance.now();
    const lines: string[] = [];
    waiting = lines;
    const outcome = Promise.withResolvers<Awaited<ReturnType<typeof work>>>();
    const task = new Listr(
      {
        title,
        task: async (_, own) => {
          const result = await work((progress) => {
            own.output = progress;
          });
          outcome.resolve(result);
          own.title = `${title} (${secondsSince(start)})`;
        },
        rendererOptions: { persistentOutput: true },
      },
      // Ctrl-C stops the parts first, and then us.
      { registerSignalListeners: false },
    );
    try {
      await task.run();
      return await outcome.promise;
    } finally {
      waiting = null;
      for (const line of lines) say(line);
    }
  };
  return { say, step };
}

const barWidth = 24;
const numbers = new Intl.NumberFormat('en-US');

/** `████████░░░░ 120 of 360` */
export function bar(done: number, expected: number): string {
  const filled = expected === 0 ? barWidth : Math.floor((Math.min(done, expected) / expected) * barWidth);
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${count(done)} of ${count(expected)}`;
}

/** A number with its thousands apart. */
export function count(value: number): string {
  return numbers.format(value);
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
