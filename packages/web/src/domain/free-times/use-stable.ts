import { useCallback, useEffect, useRef } from 'react'

/** A function with a stable identity that calls the newest one, so that hundreds of slots need not render again. */
export function useStable<Given extends unknown[]>(newest: (...given: Given) => void): (...given: Given) => void {
  const ref = useRef(newest)
  useEffect(() => {
    ref.current = newest
  })
  return useCallback((...given) => ref.current(...given), [])
}
