import type { HookHandlerDoneFunction } from 'fastify'

/**
 * Completes a Fastify hook when its work is done; undefined: at once. Performance: a hook that is an async function
 * costs every request a promise, although most requests have nothing to wait for. CPUFIGURE
 */
export function callbackHook(work: Promise<void> | undefined, done: HookHandlerDoneFunction): void {
  if (work === undefined) done()
  else
    work.then(
      () => done(),
      (error) => done(error),
    )
}
