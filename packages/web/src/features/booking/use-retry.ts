import { useEffect, useEffectEvent } from 'react'
import { isFinal, retryDelayMs, UnreachableError } from '../../lib/api/api-error.ts'

/**
 * Repeats a request whose failure may pass: when the server's `Retry-After` is over, or at an interval; without a
 * response also as soon as the network is back.
 *
 * @param error the last failure, a new object each time; null: none
 */
export function useRetry(error: unknown, retry: () => void): void {
  const onRetry = useEffectEvent(retry)
  useEffect(() => {
    if (error === null || isFinal(error)) return
    const again = () => onRetry()
    const timer = setTimeout(again, retryDelayMs(error))
    if (error instanceof UnreachableError) window.addEventListener('online', again)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('online', again)
    }
  }, [error])
}
