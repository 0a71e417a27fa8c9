import { type HistoryState, useNavigate } from '@tanstack/react-router'
import { useEffectEvent, useLayoutEffect } from 'react'

/** What the address shows after the # instead of the secret, and the secret in the state of the tab's history. */
export type HiddenSecret = { hash: string; state: HistoryState }

/**
 * Moves the secret with which a page was opened from the address into the state of the tab's history: nobody reads it
 * over a shoulder, or finds it in the browser's history of a computer that others use. A reload and going back still
 * work.
 *
 * @param secret null: the address of the page has none, or not any more
 */
export function useHideSecret(secret: HiddenSecret | null): void {
  const navigate = useNavigate()
  const hide = useEffectEvent(() => {
    if (secret === null) return
    const { hash, state } = secret
    void navigate({ to: '.', search: true, hash, state: (before) => ({ ...before, ...state }), replace: true })
  })
  const shown = secret === null ? null : JSON.stringify(secret)
  useLayoutEffect(() => {
    if (shown !== null) hide()
  }, [shown])
}
