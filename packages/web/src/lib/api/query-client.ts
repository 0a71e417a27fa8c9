import { onlineManager, QueryClient } from '@tanstack/react-query'
import { RefusedError } from './api-error.ts'

const retriesMax = 3
const retryable = new Set(['overloaded', 'unavailable', 'internal_error', 'request_timeout'])

/**
 * Whether to retry a read: after a network or server failure, never after a refusal. Without a network it fails
 * immediately, and is read again when the network is back.
 */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (failures >= retriesMax) return false
  return error instanceof RefusedError ? retryable.has(error.problem.code) : navigator.onLine !== false
}

export function createQueryClient(): QueryClient {
  // It assumes that a page starts online, and would not notice the first change to online.
  onlineManager.setOnline(navigator.onLine !== false)
  return new QueryClient({
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 15_000, networkMode: 'always', refetchOnReconnect: true },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}
