import {
  addsUp,
  type Evidence,
  type ExplainedStep,
  type Explanation,
  ExplanationSchema,
  type Month,
} from '@wewrite/contracts';
import { Argument, type Command } from 'commander';
import { ApiFailure, pathOf } from '../demo/api.ts';
import { RunFailure } from '../exit-codes.ts';
import { dollars } from '../printer.ts';
import { type Entrance, type EntranceOptions, entranceOf, gatewayOption, tokenOption } from './entrance.ts';
import { monthOption } from './options.ts';

interface ExplainOptions extends EntranceOptions {
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
    .option('--json', 'as JSON', false)
    .action(explainId);
}

async function explainId(id: string, month: Month | undefined, options: ExplainOptions): Promise<void> {
  const entrance = entranceOf(options);
  const first = explainableOf(id, month);
  const found = await ask(entrance, first);
  if (found === null) throw new RunFailure(`Nothing is known of ${id}: is its month calculated?`);
  const explanations = [found];
  for (const { of, id: relatedId } of found.related) {
    const related = await ask(entrance, { of, id: relatedId, path: pathTo(of, relatedId) });
    if (related !== null) explanations.push(related);
  }
  const lines = explanations.flatMap(explanationLines);
  process.stdout.write(`${options.json ? JSON.stringify(explanations) : lines.join('\n')}\n`);
  const wrong = explanations.filter((explanation) => !addsUp(explanation)).map((explanation) => explanation.id);
  if (wrong.length > 0) throw new RunFailure(`The amounts of ${wrong.join(', ')} do not add up.`);
}

/** What somebody means by an id: each kind has a form of its own, and what has none of them is a line. */
export function explainableOf(id: string, month?: Month): Explainable {
  if (month !== undefined) return { of: 'writer_month', id, path: pathOf('months', month, 'writers', id, 'explain') };
  const of = /^in_[0-9A-Za-z_]+$/.test(id) ? 'invoice' : uuidForm.test(id) ? 'payout' : 'line';
  return { of, id, path: pathTo(of, id) };
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function pathTo(of: Explanation['of'], id: string): string {
  switch (of) {
    case 'invoice':
      return pathOf('invoices', id, 'explain');
    case 'payout':
      return pathOf('payouts', id, 'explain');
    case 'line':
    case 'writer_month':
      return pathOf('explain', id);
  }
}

/** Null when the service knows nothing of it. */
async function ask({ api, token }: Entrance, { path }: Explainable): Promise<Explanation | null> {
  try {
    return await api.ask({ method: 'GET', path, token, answer: ExplanationSchema });
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
