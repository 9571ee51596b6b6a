import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

// `node tools/compare-reports.ts A B`: two runs of the demo over the same input must come to the same cents, whatever
// broker they ran on. Compares A.json with B.json but for what differs by nature (times, traces, Stripe's ids), and
// A.csv with B.csv byte by byte. Ends with 1 and a sentence when they differ.

const differsByNature = new Set(['durationsMs', 'traceId', 'transferId']);

function readReport(path: string): { months: Record<string, unknown>[] } {
  return JSON.parse(readFileSync(path, 'utf8'), (name, value) => (differsByNature.has(name) ? undefined : value));
}

function differences(one: string, other: string): string[] {
  const reports = [one, other].map((path) => readReport(`${path}.json`));
  const months = Math.max(...reports.map((report) => report.months.length));
  const found: string[] = [];
  for (let index = 0; index < months; index++) {
    const [left = {}, right = {}] = reports.map((report) => report.months[index]);
    for (const field of new Set([...Object.keys(left), ...Object.keys(right)])) {
      if (!isDeepStrictEqual(left[field], right[field])) found.push(`${left.month ?? right.month}: ${field} differs`);
    }
  }
  if (months === 0) found.push('there is no month to compare');
  if (!readFileSync(`${one}.csv`).equals(readFileSync(`${other}.csv`))) found.push('the lines differ');
  return found;
}

const [one, other] = process.argv.slice(2);
if (one === undefined || other === undefined) throw new Error('usage: node tools/compare-reports.ts A B');
const found = differences(one, other);
for (const sentence of found) console.error(sentence);
process.exitCode = found.length === 0 ? 0 : 1;
