// In the place of `seed-worker.ts`: it hangs at seed 2, ends at seed 4, and finds the others well.
process.on('message', (seed: number) => {
  if (seed === 2) for (;;);
  if (seed === 4) process.exit(7);
  process.send?.({ seed, failure: null, counts: {}, hash: 'the same' });
});
process.once('disconnect', () => process.exit());
