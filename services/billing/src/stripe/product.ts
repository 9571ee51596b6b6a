import type { Ids } from '@wewrite/service-kit';
import { isMissing, type StripeClient } from '@wewrite/service-kit/stripe';

const productName = 'WeWrite subscription';

/** Gives the id of the product that subscriptions are prices of, once it is known to exist at Stripe. */
export type ProductId = () => Promise<string>;

/** Looks once, and makes the product where it is missing; its id is ours, so that making it twice is not possible. */
export function productOf(stripe: StripeClient, ids: Ids, id: string): ProductId {
  let known: Promise<string> | undefined;
  return () => {
    known ??= ensureProduct(stripe, ids, id).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

async function ensureProduct(stripe: StripeClient, ids: Ids, id: string): Promise<string> {
  const retrieve = () => stripe.call('products.retrieve', id, (sdk) => sdk.products.retrieve(id));
  try {
    await retrieve();
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Each try has its own key: a failure is not replayed.
    const idempotencyKey = `product-${id}-${ids.next()}`;
    await stripe
      .call('products.create', id, (sdk) => sdk.products.create({ id, name: productName }, { idempotencyKey }))
      .catch(async (failure: unknown) => {
        // Another replica may have made it in this moment, or the answer was lost; else it is why there is none that counts.
        await retrieve().catch((missing: unknown) => {
          throw isMissing(missing) ? failure : missing;
        });
      });
  }
  return id;
}
