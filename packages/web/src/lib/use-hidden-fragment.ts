import { useMatch, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffectEvent, useLayoutEffect } from 'react'

declare module '@tanstack/history' {
  interface HistoryState {
    /** The part after the # with which a page was opened, while its address does not show it. */
    fragment?: string
  }
}

/**
 * The secret with which a page was opened, after the # of its address; null: the link is incomplete. It is moved from
 * the address into the state of the tab's history, as a ticket's is: nobody reads it over a shoulder, or finds it in
 * the browser's history of a computer that others use. A reload and going back still work.
 *
 * @param pattern of the whole secret
 */
export function useHiddenFragment(pattern: RegExp): string | null {
  // On the way to another page, this one is still shown when the address has changed.
  const path = useMatch({ strict: false, select: ({ pathname }) => pathname })
  const hash = useRouterState({ select: ({ location }) => (location.pathname === path ? location.hash : '') })
  const hidden = useRouterState({ select: ({ location }) => location.state.fragment })
  const navigate = useNavigate()
  const isShown = pattern.test(hash)
  const hide = useEffectEvent(() => {
    const state = { fragment: hash }
    void navigate({ to: '.', search: true, hash: '', state: (before) => ({ ...before, ...state }), replace: true })
  })
  useLayoutEffect(() => {
    if (isShown) hide()
  }, [isShown])
  if (isShown) return hash
  return hidden !== undefined && pattern.test(hidden) ? hidden : null
}
