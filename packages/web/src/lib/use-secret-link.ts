import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffectEvent, useLayoutEffect } from 'react'
import { parseSecretLink, type SecretLink } from './secret-link.ts'

/**
 * The link by which a page was opened; null: it is incomplete. The secret is moved from the address into the state of
 * the tab's history, as on a ticket's page. A reload and going back still work.
 */
export function useSecretLink(to: '/offer' | '/waitlist-entry'): SecretLink | null {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const passed = useRouterState({ select: ({ location }) => location.state.manageToken })
  const navigate = useNavigate()
  const link = parseSecretLink(hash)
  const hide = useEffectEvent(({ id, manageToken }: SecretLink) => {
    if (manageToken !== null) void navigate({ to, hash: id, state: { manageToken }, replace: true })
  })
  useLayoutEffect(() => {
    const shown = parseSecretLink(hash)
    if (shown !== null) hide(shown)
  }, [hash])
  return link === null || link.manageToken !== null ? link : { id: link.id, manageToken: passed ?? null }
}
