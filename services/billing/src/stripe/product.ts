import { isMissing, type StripeClient } from '@wewrite/service-kit/stripe';

const productName = 'WeWrite subscription';

/** Gives the id of the product that subscriptions are prices of, once it is known to exist at Stripe. */
export type ProductId = () => Promise<string>;

/** Looks once, and makes the product where it is missing; its id is ours, so that making it twice is not possible. */
export function productOf(stripe: StripeClient, id: string): ProductId {
  let known: Promise<string> | undefined;
  return () => {
    known ??= ensureProduct(stripe, id).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

async function ensureProduct(stripe: StripeClient, id: string): Promise<string> {
  const retrieve = () => stripe.call('products.retrieve', id, (sdk) => sdk.products.retrieve(id));
  try {
    await retrieve();
  } catch (error) {
    if (!isMissing(error)) throw error;
    await stripe
      .call('products.create', id, (sdk) =>
        sdk.products.create({ id, name: productName }, { idempotencyKey: `product-${id}` }),
      )
      // Another replica may have made it in this moment.
      .catch(retrieve);
  }
  return id;
}
