import {
  addsUp,
  type Evidence,
  type ExplainedStep,
  type Explanation,
  ExplanationSchema,
  type Month,
  type Related,
} from '@wewrite/contracts';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { ApiFailure, pathOf } from '../demo/api.ts';
import { RunFailure } from '../exit-codes.ts';
import { dollars } from '../printer.ts';
import { type Entrance, type EntranceOptions, entranceOf, gatewayOption, tokenOption } from './entrance.ts';
import { monthOption } from './options.ts';

interface ExplainOptions extends EntranceOptions {
  readonly lines: number;
  readonly json: boolean;
}

/** Something that a service can explain, and where. */
export interface Explainable {
  readonly of: Explanation['of'];
  readonly id: string;
  readonly path: string;
}

/** `wewrite explain ID [MONTH]`: where the money of a line, a payout, an invoice or a writer's month came from and went. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('show the whole way of money, from the payment to the transfer')
    .argument('<id>', 'a line id or line key, a payout id, an invoice id; with a month, a writer')
    .addArgument(new Argument('[month]', 'the writer’s month, YYYY-MM').argParser(monthOption))
    .addOption(gatewayOption())
    .addOption(tokenOption())
    .option('--lines <count>', 'how many lines of a writer’s month to follow', lineCount, defaultLines)
    .option('--json', 'as JSON', false)
    .action(explainId);
}

async function explainId(id: string, month: Month | undefined, options: ExplainOptions): Promise<void> {
  const entrance = entranceOf(options);
  const explanations = await followWay(explainableOf(id, month), (one) => ask(entrance, one, options.lines));
  if (explanations.length === 0) throw new RunFailure(`Nothing is known of ${id}: is its month calculated?`);
  const lines = explanations.flatMap(explanationLines);
  process.stdout.write(`${options.json ? JSON.stringify(explanations) : lines.join('\n')}\n`);
  const wrong = explanations.filter((explanation) => !addsUp(explanation)).map((explanation) => explanation.id);
  if (wrong.length > 0) throw new RunFailure(`The amounts of ${wrong.join(', ')} do not add up.`);
}

/** The order in which a cent passes them. */
const stations = { invoice: 0, line: 1, writer_month: 2, payout: 3 } as const satisfies Record<
  Explanation['of'],
  number
>;

/**
 * The explanations of the whole way, from where it begins: back to the invoices that it was paid with, and on to the payouts
 * that it went with. What is met on the way back is followed further back only, since each line of a month would else lead
 * to all others of its supporter; a payout whose money had come back before leads back to the earlier one.
 */
export async function followWay(
  first: Explainable,
  explain: (one: Explainable) => Promise<Explanation | null>,
): Promise<Explanation[]> {
  const found: Explanation[] = [];
  const met = new Set([first.path]);
  const open: { readonly one: Explainable; readonly towards: 'back' | 'on' | 'both' }[] = [
    { one: first, towards: 'both' },
  ];
  for (const { one, towards } of open) {
    const explanation = await explain(one);
    if (explanation === null) continue;
    found.push(explanation);
    for (const related of explanation.related) {
      const next = relatedOf(related);
      const leads = stations[next.of] <= stations[one.of] ? 'back' : 'on';
      if (met.has(next.path) || (towards !== 'both' && towards !== leads)) continue;
      met.add(next.path);
      open.push({ one: next, towards: leads });
    }
  }
  return found;
}

/** What somebody means by an id: each kind has a form of its own, and what has none of them is a line. */
export function explainableOf(id: string, month?: Month): Explainable {
  if (month !== undefined) return writerMonth(month, id);
  const of = /^in_[0-9A-Za-z_]+$/.test(id) ? 'invoice' : uuidForm.test(id) ? 'payout' : 'line';
  return { of, id, path: pathTo(of, id) };
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function relatedOf({ of, id, recipientUserId = '' }: Related): Explainable {
  return of === 'writer_month' ? writerMonth(id, recipientUserId) : { of, id, path: pathTo(of, id) };
}

function writerMonth(month: string, userId: string): Explainable {
  return { of: 'writer_month', id: userId, path: pathOf('months', month, 'writers', userId, 'explain') };
}

function pathTo(of: Exclude<Explanation['of'], 'writer_month'>, id: string): string {
  switch (of) {
    case 'invoice':
      return pathOf('invoices', id, 'explain');
    case 'payout':
      return pathOf('payouts', id, 'explain');
    case 'line':
      return pathOf('explain', id);
  }
}

const defaultLines = 100;
const mostLines = 1_000;

function lineCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > mostLines) throw new InvalidArgumentError(`It is a number from 1 to ${mostLines}.`);
  return count;
}

/** Null when the service knows nothing of it. */
async function ask({ api, token }: Entrance, { of, path }: Explainable, lines: number): Promise<Explanation | null> {
  const query = of === 'writer_month' ? `?limit=${lines}` : '';
  try {
    return await api.ask({ method: 'GET', path: `${path}${query}`, token, answer: ExplanationSchema });
  } catch (error) {
    if (error instanceof ApiFailure && error.problem?.code === 'not_found') return null;
    throw error;
  }
}

/** An explanation for people: a row for each part, and the message that each step is known from. */
export function explanationLines({ of, id, steps }: Explanation): string[] {
  return [`${of.replace('_', ' ')} ${id}`, ...steps.flatMap(stepLines)];
}

function stepLines({ step, id, totalCents, parts, why, evidence }: ExplainedStep): string[] {
  return [
    `  ${step.padEnd(10)} ${dollars(totalCents).padStart(12)}  ${id ?? ''}`.trimEnd(),
    ...parts.map(
      ({ label, cents, id: partId }) =>
        `  ${''.padEnd(10)} ${dollars(cents).padStart(12)}    ${label}${partId === null ? '' : ` (${partId})`}`,
    ),
    ...(why === null ? [] : [`${''.padEnd(27)}${why}`]),
    ...evidence.map((one) => `${''.padEnd(27)}${evidenceText(one)}`),
  ];
}

function evidenceText({ topic, messageId, partition, offset, traceId }: Evidence): string {
  const place = partition === null ? '' : ` at ${partition}:${offset}`;
  return `${topic} ${messageId}${place}${traceId === null ? '' : `, trace ${traceId}`}`;
}
