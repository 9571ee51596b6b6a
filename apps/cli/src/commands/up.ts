import type { Command } from 'commander';
import { type EscrowChoice, type KafkaChoice, readConfig } from '../config.ts';
import { steeringOf } from '../demo/steering.ts';
import { untilInterrupted } from '../interrupt.ts';
import { printerFor } from '../printer.ts';
import { startStack } from '../stack/stack.ts';
import { escrowOption, kafkaOption, processesOption } from './options.ts';

interface UpOptions {
  readonly kafka?: KafkaChoice;
  readonly processes: 'one' | 'each';
  readonly escrow?: EscrowChoice;
}

/** `wewrite up`: the parts of the demo without its files; data is kept. */
export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('start everything and keep its data, until Ctrl-C')
    .addOption(kafkaOption())
    .addOption(processesOption())
    .addOption(escrowOption())
    .action(up);
}

async function up({ kafka, processes, escrow }: UpOptions): Promise<void> {
  const printer = printerFor(process.stdout);
  const interrupted = untilInterrupted();
  const stack = await startStack({
    name: 'up',
    config: readConfig(),
    persistent: true,
    reset: false,
    kafka: kafka ?? null,
    processes,
    escrow: escrow ?? null,
    now: new Date(),
    tokenHolders: [],
    closeCron: null,
    say: (sentence) => printer.say(sentence),
  });
  try {
    const { sandbox, admin, gateway } = stack.urls;
    if (sandbox !== null) await steeringOf({ sandboxUrl: sandbox, adminUrls: Object.values(admin) }).catchUp();
    printer.say(`\nAPI    ${gateway}/docs\nadmin  ${stack.tokens.admin}\nCtrl-C ends it; its data stays.`);
    const failure = stack.failed.then((error) => {
      throw error;
    });
    await Promise.race([interrupted, failure]);
  } finally {
    await stack.stop();
  }
}
