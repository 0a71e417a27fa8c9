import { type HistoryState, useMatch, useRouterState } from '@tanstack/react-router'
import { useHideSecret } from './use-hide-secret.ts'

declare module '@tanstack/history' {
  interface HistoryState {
    /** The part after the # with which a page was opened, while its address does not show it. */
    fragment?: string
  }
}

/**
 * The secret with which a page was opened, after the # of its address; null: the link is incomplete. It is hidden
 * ({@link useHideSecret}).
 *
 * @param pattern of the whole secret
 */
export function useHiddenFragment(pattern: RegExp): string | null {
  // On the way to another page, this one is still shown when the address has changed.
  const path = useMatch({ strict: false, select: ({ pathname }) => pathname })
  const hash = useRouterState({ select: ({ location }) => (location.pathname === path ? location.hash : '') })
  const hidden = useRouterState({ select: ({ location }) => location.state.fragment })
  const isShown = pattern.test(hash)
  useHideSecret(isShown ? { hash: '', state: { fragment: hash } } : null)
  if (isShown) return hash
  return hidden !== undefined && pattern.test(hidden) ? hidden : null
}

/** The part of the tab's history state that {@link useHiddenFragment} reads, for a link to the same page. */
export function keptFragment({ fragment }: HistoryState): HistoryState {
  return fragment === undefined ? {} : { fragment }
}
