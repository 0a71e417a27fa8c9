import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { type TicketLink, ticketHash } from '../../domain/bookings/ticket-link.ts'
import { RenewLink } from '../../domain/links/renew-link.tsx'
import { api, dataOf } from '../../lib/api/api.ts'
import { authOf } from '../../lib/secret-links/secret-link.ts'

/** Replaces the link of a guest's ticket. */
export function RenewTicketLink({ link }: { link: TicketLink }) {
  const { t } = useTranslation('ticket')
  const navigate = useNavigate()
  const { bookingId } = link
  return (
    <RenewLink
      title={t('renew.title')}
      help={t('renew.help')}
      renew={(key) =>
        dataOf(
          api.renewManageToken({
            path: { bookingId },
            body: {},
            headers: { 'Idempotency-Key': key },
            ...authOf(link),
          }),
        )
      }
      onRenewed={(manageToken) =>
        navigate({
          to: '/ticket',
          search: true,
          hash: bookingId,
          state: { manageToken },
          replace: true,
          resetScroll: false,
        })
      }
      addressOf={(manageToken) => `${window.location.origin}/ticket#${ticketHash({ bookingId, manageToken })}`}
    />
  )
}
