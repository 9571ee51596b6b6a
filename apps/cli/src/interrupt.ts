/** Resolves at the first Ctrl-C or SIGTERM, or when the parent has gone; a second one ends the process at once. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    let heard = false;
    const hear = () => {
      if (heard) process.exit(1);
      heard = true;
      resolve();
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
    process.once('SIGHUP', hear);
  });
}
