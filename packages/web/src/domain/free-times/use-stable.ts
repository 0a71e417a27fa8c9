import { useCallback, useEffect, useRef } from 'react'

/** A function with a stable identity that calls the newest one, so that hundreds of slots need not render again. */
export function useStable<Args extends unknown[]>(newest: (...args: Args) => void): (...args: Args) => void {
  const ref = useRef(newest)
  useEffect(() => {
    ref.current = newest
  })
  return useCallback((...args) => ref.current(...args), [])
}
