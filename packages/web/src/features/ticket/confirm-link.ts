import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffectEvent, useLayoutEffect } from 'react'
import { parseTicketLink, type TicketLink } from '../../domain/bookings/ticket-link.ts'

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

/**
 * The link by which the page was opened; null: it is incomplete. Moves its secrets from the address to
 * the history state, as for tickets.
 */
export function useConfirmLink(): ConfirmLink | null {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const manageToken = useRouterState({ select: ({ location }) => location.state.manageToken })
  const confirmationToken = useRouterState({ select: ({ location }) => location.state.confirmationToken })
  const navigate = useNavigate()
  const hide = useEffectEvent(({ bookingId, ...state }: ConfirmLink) => {
    void navigate({ to: '/confirm', hash: bookingId, state, replace: true })
  })
  useLayoutEffect(() => {
    const shown = parseConfirmLink(hash)
    if (shown !== null) hide(shown)
  }, [hash])
  const opened = parseConfirmLink(hash)
  const bookingId = parseTicketLink(hash)?.bookingId
  if (opened !== null || bookingId === undefined || !manageToken || confirmationToken === undefined) return opened
  return { bookingId, manageToken, confirmationToken }
}
