import { useEffect } from 'react'
import { nearbyFocusOf } from '../ui/focus/nearby-focus.ts'
import { focusPageTitle } from '../ui/focus/page-focus.ts'

/**
 * If what had the focus is removed, as a row is with the button that removed it, the focus moves to the next row, or to
 * the heading of the list or of the page. Otherwise keyboard users would start again from the top of the document, and
 * screen readers would say nothing.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let focused: Element | null = null
    let focusNearby = () => false
    const onFocus = ({ target }: FocusEvent) => {
      focused = target instanceof Element ? target : null
      if (focused !== null) focusNearby = nearbyFocusOf(focused)
    }
    const onBlur = ({ target }: FocusEvent) => {
      // Browsers report a removal as a blur too, just before it.
      queueMicrotask(() => {
        if (focused === target && focused?.isConnected) focused = null
      })
    }
    const check = () => {
      if (focused === null || focused.isConnected) return
      focused = null
      // Something else may take the focus in this frame.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && !focusNearby()) focusPageTitle()
      })
    }
    const main = document.querySelector('main')
    const observer = new MutationObserver(check)
    main?.addEventListener('focusin', onFocus)
    main?.addEventListener('focusout', onBlur)
    if (main !== null) observer.observe(main, { childList: true, subtree: true })
    return () => {
      main?.removeEventListener('focusin', onFocus)
      main?.removeEventListener('focusout', onBlur)
      observer.disconnect()
    }
  }, [])
}
