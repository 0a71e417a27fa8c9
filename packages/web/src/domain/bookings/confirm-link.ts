import { useRouterState } from '@tanstack/react-router'
import { type HiddenSecret, useHideSecret } from '../../lib/secret-links/use-hide-secret.ts'
import { parseTicketLink, type TicketLink } from './ticket-link.ts'

declare module '@tanstack/history' {
  interface HistoryState {
    /** The secret of the link by which a hold is confirmed, while its address shows only the booking. */
    confirmationToken?: string
  }
}

export type ConfirmLink = TicketLink & { manageToken: string; confirmationToken: string }

const pattern = /^(.+)\.(hfc_[A-Za-z0-9_-]{43})$/

/** Parses the part of the address after the #: the booking's id, its manage token and the token that confirms it. */
export function parseConfirmLink(hash: string): ConfirmLink | null {
  const [, ticket = '', confirmationToken = ''] = pattern.exec(hash) ?? []
  const link = parseTicketLink(ticket)
  return link === null || link.manageToken === null
    ? null
    : { ...link, manageToken: link.manageToken, confirmationToken }
}

function hiddenConfirmLink({ bookingId, ...state }: ConfirmLink): HiddenSecret {
  return { hash: bookingId, state }
}

/** The link by which the page was opened; null: it is incomplete. Its secrets are hidden ({@link useHideSecret}). */
export function useConfirmLink(): ConfirmLink | null {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const manageToken = useRouterState({ select: ({ location }) => location.state.manageToken })
  const confirmationToken = useRouterState({ select: ({ location }) => location.state.confirmationToken })
  const opened = parseConfirmLink(hash)
  useHideSecret(opened === null ? null : hiddenConfirmLink(opened))
  const bookingId = parseTicketLink(hash)?.bookingId
  if (opened !== null || bookingId === undefined || !manageToken || confirmationToken === undefined) return opened
  return { bookingId, manageToken, confirmationToken }
}
