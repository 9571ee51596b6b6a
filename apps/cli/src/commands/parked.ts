import { setTimeout as delay } from 'node:timers/promises';
import {
  type ParkedMessage,
  ParkedMessageSchema,
  ParkedPageSchema,
  ParkedStateSchema,
  serviceNames,
} from '@wewrite/contracts';
import { type Command, Option } from 'commander';
import { pathOf } from '../demo/api.ts';
import { RunFailure, UsageFault } from '../exit-codes.ts';
import { type Entrance, type EntranceOptions, entranceOf, gatewayOption, tokenOption } from './entrance.ts';

interface ListOptions extends EntranceOptions {
  readonly service?: string;
  readonly topic?: string;
  readonly state: string;
  readonly json: boolean;
}

interface OrderOptions extends Omit<ListOptions, 'state'> {
  readonly reason: string;
  readonly all: boolean;
}

const lookEveryMs = 100;
/** Longer than a killed consumer's partitions stay with it. */
const patienceMs = 150_000;

/** `wewrite parked list|replay|drop`: messages that services could not handle, and what to do about them. */
export function addParkedCommand(program: Command): void {
  const parked = program.command('parked').description('messages that services could not handle and have put aside');
  const command = (name: string, description: string) =>
    parked
      .command(name)
      .description(description)
      .addOption(new Option('--service <name>', 'only of this service').choices(serviceNames))
      .option('--topic <name>', 'only of this topic')
      .addOption(gatewayOption())
      .addOption(tokenOption())
      .option('--json', 'as JSON', false);
  command('list', 'show them, with the reason of each')
    .addOption(
      new Option('--state <state>', 'what has become of them').choices(ParkedStateSchema.options).default('parked'),
    )
    .action(showParked);
  for (const [order, description] of [
    ['replay', 'have messages handled again, once the cause is mended; code 1 when one fails again'],
    ['drop', 'put messages away for good; parts of a month’s series cannot be'],
  ] as const) {
    command(order, description)
      .argument('[ids...]', 'which, as list shows them')
      .option('--all', 'all that wait, of the service and topic where these are given', false)
      .requiredOption('--reason <text>', 'why; it is kept with who ordered it')
      .action((ids: readonly string[], options: OrderOptions) => orderEach(order, ids, options));
  }
}

async function showParked(options: ListOptions): Promise<void> {
  const messages = await listParked(entranceOf(options), options);
  const lines = messages.length === 0 ? ['nothing'] : messages.map(parkedLine);
  process.stdout.write(`${options.json ? JSON.stringify(messages) : lines.join('\n')}\n`);
}

async function orderEach(order: 'replay' | 'drop', ids: readonly string[], options: OrderOptions): Promise<void> {
  if (ids.length > 0 === options.all) throw new UsageFault(`parked ${order}: give ids, or --all.`);
  const entrance = entranceOf(options);
  const chosen = options.all ? (await listParked(entrance, { ...options, state: 'parked' })).map(({ id }) => id) : ids;
  const answers: ParkedMessage[] = [];
  // One after the other, in the order in which they were parked: a later one may build on an earlier one.
  for (const id of chosen) {
    const answer = await orderOne(entrance, { id, order, reason: options.reason });
    answers.push(answer);
    if (!options.json) process.stdout.write(`${parkedLine(answer)}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(answers)}\n`);
  const left = answers.filter(({ state }) => state === 'parked').length;
  if (left > 0) throw new RunFailure(`${left} of ${answers.length} are still parked.`);
}

/** All pages of the list. */
async function listParked(
  { api, token }: Entrance,
  { service, topic, state }: Pick<ListOptions, 'service' | 'topic' | 'state'>,
): Promise<readonly ParkedMessage[]> {
  const listed: ParkedMessage[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ state });
    if (service !== undefined) query.set('service', service);
    if (topic !== undefined) query.set('topic', topic);
    if (cursor !== '') query.set('cursor', cursor);
    const path = `${pathOf('parked')}?${query}`;
    const page: { messages: ParkedMessage[]; nextCursor: string | null } = await api.ask({
      method: 'GET',
      path,
      token,
      answer: ParkedPageSchema,
    });
    listed.push(...page.messages);
    cursor = page.nextCursor;
  }
  return listed;
}

/** Gives an order and waits until the service has answered it. */
async function orderOne(
  { api, token }: Entrance,
  { id, order, reason }: { id: string; order: 'replay' | 'drop'; reason: string },
): Promise<ParkedMessage> {
  const path = pathOf('parked', id, order);
  const ordered = await api.ask({ method: 'POST', path, token, body: { reason }, answer: ParkedMessageSchema });
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    const now = await api.ask({ method: 'GET', path: pathOf('parked', id), token, answer: ParkedMessageSchema });
    if (now.state !== 'parked' || now.lastOrder?.answered === true) return now;
    if (performance.now() > endsAt) throw new RunFailure(`${ordered.service} has not answered about ${id}.`);
    await delay(lookEveryMs);
  }
}

function parkedLine({ id, service, topic, messageId, state, canBeDropped, parkedAt, reason }: ParkedMessage): string {
  const kept = state === 'parked' && !canBeDropped ? ', cannot be dropped' : '';
  const [firstLine = ''] = reason.split('\n');
  return `${id} ${state} in ${service}: ${topic} ${messageId}, since ${parkedAt}${kept}\n  ${firstLine}`;
}
