import { useRouterState } from '@tanstack/react-router'
import { parseSecretLink, type SecretLink } from './secret-link.ts'
import { useHideSecret } from './use-hide-secret.ts'

/** The link by which a page was opened; null: it is incomplete. Its secret is hidden ({@link useHideSecret}). */
export function useSecretLink(): SecretLink | null {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const passed = useRouterState({ select: ({ location }) => location.state.manageToken })
  const link = parseSecretLink(hash)
  const shown = link?.manageToken ?? null
  useHideSecret(link === null || shown === null ? null : { hash: link.id, state: { manageToken: shown } })
  return link === null || link.manageToken !== null ? link : { id: link.id, manageToken: passed ?? null }
}
