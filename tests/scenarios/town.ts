import type { Month } from '@wewrite/contracts';
import { type Bank, bankOf } from './bank.ts';
import { type Desk, deskOf } from './desk.ts';
import { middleOf, monthAt, openPlace, type Place, type PlaceOptions } from './place.ts';
import { type Supporters, supportersOf } from './supporters.ts';
import { type Writers, writersOf } from './writers.ts';

/** How long a story, or what comes before stories, may take on a machine that has much else to do. */
export const deadlineMs = 240_000;

/** Everybody whom a scenario needs, in one place. Each verb returns when what it did is known everywhere. */
export interface Town extends Place, Supporters, Writers, Bank, Desk {
  /**
   * Begins a story of its own half-way through a month, which it gives: a supporter who comes now pays half of a
   * subscription for it. A month that is further gone is closed before.
   */
  beginsStory(): Promise<Month>;
  stop(): Promise<void>;
}

/** Opens a town for a test file; stop it in `afterAll`. */
export async function openTown(options: PlaceOptions): Promise<Town> {
  const place = await openPlace(options);
  const supporters = supportersOf(place);
  const desk = deskOf(place);
  return {
    ...place,
    ...supporters,
    ...writersOf(place),
    ...bankOf(place, supporters),
    ...desk,
    beginsStory: async () => {
      if (place.now() > middleOf(monthAt(place))) await desk.closes(monthAt(place));
      const month = monthAt(place);
      await place.at(middleOf(month));
      return month;
    },
    stop: place.platform.stop,
  };
}
