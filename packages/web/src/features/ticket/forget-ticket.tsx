import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useForgetTicket } from '../../domain/bookings/stored-ticket-queries.ts'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { toastDone } from '../../ui/toast.ts'

/** The button that removes the open ticket from this device, and leaves its page. */
export function ForgetTicket({ link }: { link: TicketLink }) {
  const { t } = useTranslation('ticket')
  const forgetTicket = useForgetTicket()
  const navigate = useNavigate()
  const forget = async () => {
    await forgetTicket(link, () => navigate({ to: '/', replace: true }))
    toastDone({ message: t('keep.forgotten') })
  }
  return (
    <Button variant="default" onClick={forget}>
      {t('keep.forget')}
    </Button>
  )
}
