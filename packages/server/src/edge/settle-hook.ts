import type { HookHandlerDoneFunction } from 'fastify'

/** Ends a hook when what it waits for is over; undefined: at once, as for most requests, which then take no promise. */
export function settleHook(waiting: Promise<void> | undefined, done: HookHandlerDoneFunction): void {
  if (waiting === undefined) done()
  else
    waiting.then(
      () => done(),
      (error) => done(error),
    )
}
