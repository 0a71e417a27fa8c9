import { useCallback, useEffect, useRef } from 'react'

/** Always the same function, which calls the newest one: hundreds of times needn't be drawn again for it. */
export function useStable<Given extends unknown[]>(newest: (...given: Given) => void): (...given: Given) => void {
  const ref = useRef(newest)
  useEffect(() => {
    ref.current = newest
  })
  return useCallback((...given) => ref.current(...given), [])
}
