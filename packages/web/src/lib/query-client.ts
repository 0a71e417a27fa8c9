import { onlineManager, QueryClient } from '@tanstack/react-query'
import { RefusedError } from './api-error.ts'

const retriesMax = 3
const retryable = new Set(['overloaded', 'unavailable', 'internal_error', 'request_timeout'])

/**
 * Reads are tried again when the network or the server failed, never when the server said no. Without any network it is
 * said at once: they are tried again when it is back.
 */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (failures >= retriesMax) return false
  return error instanceof RefusedError ? retryable.has(error.problem.code) : navigator.onLine !== false
}

export function createQueryClient(): QueryClient {
  // It takes every page to begin with a network, and would not notice that one came.
  onlineManager.setOnline(navigator.onLine !== false)
  return new QueryClient({
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 15_000, networkMode: 'always', refetchOnReconnect: true },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}
