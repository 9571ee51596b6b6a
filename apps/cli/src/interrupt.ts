const holdMs = 2 ** 31 - 1;

/**
 * Resolves at the first Ctrl-C or SIGTERM, or when the parent has gone; a second one ends the process at once. Until then
 * the process stays: neither waiting for a signal nor children in processes of their own would keep it.
 */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    const hold = setInterval(() => undefined, holdMs);
    let heard = false;
    const hear = () => {
      if (heard) process.exit(1);
      heard = true;
      clearInterval(hold);
      resolve();
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
    process.once('SIGHUP', hear);
  });
}
