import { useQuery } from '@tanstack/react-query'
import { useRouterState } from '@tanstack/react-router'
import { useLayoutEffect } from 'react'
import { storedTicketQuery } from '../../domain/bookings/stored-ticket-queries.ts'
import { parseTicketLink, type TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useHideSecret } from '../../lib/secret-links/use-hide-secret.ts'
import { isForgotten, rememberTicket } from '../../lib/stored-tickets.ts'

/**
 * The link by which the ticket was opened; null: it is incomplete; undefined: not known yet. Its secret is hidden
 * ({@link useHideSecret}). Later, only a ticket kept on this device opens without its link.
 */
export function useTicketLink(): TicketLink | null | undefined {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const passed = useRouterState({ select: ({ location }) => location.state.manageToken })
  const link = parseTicketLink(hash)
  const shown = link === null || link.manageToken === null ? null : link
  const openedId = shown?.bookingId ?? null
  useLayoutEffect(() => {
    if (openedId !== null) rememberTicket(openedId)
  }, [openedId])
  useHideSecret(shown === null ? null : { hash: shown.bookingId, state: { manageToken: shown.manageToken } })
  const isComplete = link === null || link.manageToken !== null || passed !== undefined
  const stored = useQuery({ ...storedTicketQuery(link?.bookingId ?? ''), enabled: !isComplete })
  if (link === null || link.manageToken !== null) return link
  const { bookingId } = link
  if (isForgotten(bookingId)) return link
  if (passed !== undefined) return { bookingId, manageToken: passed }
  return stored.isPending ? undefined : { bookingId, manageToken: stored.data?.manageToken ?? null }
}
