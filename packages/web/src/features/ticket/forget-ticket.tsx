import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useForgetTicket } from '../../domain/bookings/stored-ticket-queries.ts'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { toastDone } from '../../ui/toast.ts'

type ForgetProps = { link: TicketLink; isKept: boolean }

/**
 * The button that leaves the page of the open ticket and removes it from this device: the ticket, if it is stored,
 * and the entry in the tab's history.
 */
export function ForgetTicket({ link, isKept }: ForgetProps) {
  const { t } = useTranslation('ticket')
  const forgetTicket = useForgetTicket()
  const navigate = useNavigate()
  const forget = async () => {
    await forgetTicket(link, () => navigate({ to: '/', replace: true }))
    toastDone({ message: t(isKept ? 'keep.forgotten' : 'keep.closed') })
  }
  return (
    <Button variant="default" onClick={forget}>
      {t(isKept ? 'keep.forget' : 'keep.close')}
    </Button>
  )
}
