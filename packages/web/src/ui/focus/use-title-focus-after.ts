import { useEffect, useRef } from 'react'
import { showPageTitle } from './page-focus.ts'

/** Moves the focus to the page's heading when the page shows something else: after `shown` changes. */
export function useTitleFocusAfter(shown: boolean): void {
  const before = useRef(shown)
  useEffect(() => {
    if (before.current === shown) return
    before.current = shown
    showPageTitle()
  }, [shown])
}
