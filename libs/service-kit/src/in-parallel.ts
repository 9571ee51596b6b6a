/**
 * Does `work` for each item, at most `limit` at a time; results are in the order of the items. After a failure nothing more
 * is begun, and the failure is thrown once all that was under way has ended.
 */
export type InParallel = <Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
) => Promise<Result[]>;

/** The usual way: at the same time, as far as the limit goes. */
export const inParallel: InParallel = async <Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
) => {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
};

/** One after another, whatever the limit: what independent calls meet, they meet in the same order each time. */
export const oneByOne: InParallel = (items, _limit, work) => inParallel(items, 1, work);
