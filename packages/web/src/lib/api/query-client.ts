import { onlineManager, QueryClient } from '@tanstack/react-query'
import { isFinal, RefusedError, refusalCode } from './api-error.ts'

const retriesMax = 3

/**
 * Whether to retry a read: after a network or server failure, never after a refusal. A retry after `rate_limited` would
 * count against the same limit. Without a network it fails immediately, and is read again when the network is back.
 */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (failures >= retriesMax) return false
  if (!(error instanceof RefusedError)) return navigator.onLine !== false
  return !isFinal(error) && refusalCode(error) !== 'rate_limited'
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
