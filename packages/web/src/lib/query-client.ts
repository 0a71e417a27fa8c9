import { QueryClient } from '@tanstack/react-query'
import { RefusedError } from './api-error.ts'

const retriesMax = 3
const retryable = new Set(['overloaded', 'unavailable', 'internal_error', 'request_timeout'])

/** Reads are tried again when the network or the server failed, never when the server said no. */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (failures >= retriesMax) return false
  return error instanceof RefusedError ? retryable.has(error.problem.code) : true
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 15_000, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}
