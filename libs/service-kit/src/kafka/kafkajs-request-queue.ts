import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/*
 * kafkajs 2.2.4 looks at its queue of waiting requests by a timer that sets itself again for ever, also when nothing
 * waits: `setTimeout(check, throttledUntil - Date.now())` with a `throttledUntil` of -1, a delay far below zero. Node
 * runs that after 1 ms, about 700 times a second and connection, and newer versions print TimeoutNegativeWarning as
 * well (tulios/kafkajs#1704, #1751). The timer is only needed while requests wait: one that comes later is either sent
 * at once or put in the queue by `push`, which schedules the check itself. So with an empty queue there is nothing to do.
 */
const schedule: unknown = RequestQueue.prototype.scheduleCheckPendingRequests;
if (typeof schedule !== 'function') {
  throw new Error('kafkajs has changed inside: see whether its request queue still needs this patch');
}

RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleOnlyWhenRequestsWait(this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};
