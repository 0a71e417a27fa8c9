import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestTimes } from '../model/request-times.ts'

/**
 * The times of the request on whose behalf the code runs, which pools and queues add to; none: they are not measured.
 * Only a context of Node gets from a handler to the pools through all that is between them.
 */
export const requestTimes = new AsyncLocalStorage<RequestTimes>()
