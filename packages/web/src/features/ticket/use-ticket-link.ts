import { useQuery } from '@tanstack/react-query'
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffectEvent, useLayoutEffect } from 'react'
import { storedTicketQuery } from '../../domain/bookings/stored-ticket-queries.ts'
import { parseTicketLink, type TicketLink } from '../../domain/bookings/ticket-link.ts'
import { isForgotten, rememberTicket } from '../../lib/stored-tickets.ts'

/**
 * The link by which the ticket was opened; null: it is incomplete; undefined: not known yet. The secret is moved from
 * the address into the state of the tab's history, so that nobody reads it over a shoulder or finds it in the browser's
 * history. A reload and going back still work. Later, only a ticket kept on this device opens without its link.
 */
export function useTicketLink(): TicketLink | null | undefined {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const passed = useRouterState({ select: ({ location }) => location.state.manageToken })
  const navigate = useNavigate()
  const link = parseTicketLink(hash)
  const hide = useEffectEvent(({ bookingId, manageToken }: TicketLink) => {
    if (manageToken === null) return
    rememberTicket(bookingId)
    void navigate({ to: '/ticket', search: true, hash: bookingId, state: { manageToken }, replace: true })
  })
  useLayoutEffect(() => {
    const shown = parseTicketLink(hash)
    if (shown !== null) hide(shown)
  }, [hash])
  const isComplete = link === null || link.manageToken !== null || passed !== undefined
  const stored = useQuery({ ...storedTicketQuery(link?.bookingId ?? ''), enabled: !isComplete })
  if (link === null || link.manageToken !== null) return link
  const { bookingId } = link
  if (isForgotten(bookingId)) return link
  if (passed !== undefined) return { bookingId, manageToken: passed }
  return stored.isPending ? undefined : { bookingId, manageToken: stored.data?.manageToken ?? null }
}
