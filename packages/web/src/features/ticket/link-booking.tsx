import type { Booking } from '@holdfast/contract/client'
import { Group, Stack, Text, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useBookingChanges } from '../../domain/bookings/use-booking-changes.ts'
import { useSession } from '../../lib/session/session.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import { isOwnQuery } from './is-own-query.ts'
import { rememberLinkRequest, takeLinkRequest } from './link-request.ts'
import classes from './ticket.module.css'

type LinkProps = { booking: Booking; link: TicketLink }

/** Links a guest's booking to an account: with one button, or after returning from signing in. */
export function LinkBooking({ booking, link }: LinkProps) {
  const session = useSession()
  if (session.kind === 'unknown' || session.kind === 'failed') return null
  if (session.kind === 'guest') return <SignInToLink booking={booking} link={link} />
  return <LinkToAccount key={session.me.id} accountId={session.me.id} booking={booking} link={link} />
}

function SignInToLink({ booking, link }: LinkProps) {
  const { t } = useTranslation('ticket')
  // A patient who returns without having signed in no longer wants the booking to be linked. The listener is for going
  // back before the sign-in page was shown, when this component stays mounted. A layout effect runs before the ticket
  // is painted.
  useLayoutEffect(() => {
    const forget = () => void takeLinkRequest(booking.id)
    forget()
    window.addEventListener('popstate', forget)
    return () => window.removeEventListener('popstate', forget)
  }, [booking.id])
  // The manage token is passed in the state of the tab's history, which no address shows.
  const { bookingId, manageToken } = link
  const state = manageToken === null ? {} : { manageToken }
  const signIn = { search: { to: '/ticket' }, hash: bookingId, state, onClick: () => rememberLinkRequest(booking.id) }
  return (
    <Offer>
      <LinkButton to="/sign-in" {...signIn} variant="default">
        {t('linkToAccount.signIn')}
      </LinkButton>
      <LinkButton to="/sign-up" {...signIn} variant="default">
        {t('linkToAccount.signUp')}
      </LinkButton>
    </Offer>
  )
}

function LinkToAccount({ accountId, booking, link }: LinkProps & { accountId: string }) {
  const { t } = useTranslation('ticket')
  const { linkToAccount } = useBookingChanges(link)
  const navigate = useNavigate()
  const [isPressed, setPressed] = useState(false)
  const isOwn = useQuery(isOwnQuery(accountId, booking))
  const linking = useMutation({
    mutationFn: linkToAccount,
    onSuccess: async () => {
      toastDone({ message: t('linkToAccount.done') })
      // The token is void now: the account has access by the booking's id.
      await navigate({ to: '/ticket', hash: booking.id, state: { manageToken: null }, replace: true })
    },
  })
  const onMount = useEffectEvent(() => {
    if (takeLinkRequest(booking.id)) linking.mutate()
  })
  useEffect(() => onMount(), [])
  if (isOwn.data === true || linking.isSuccess) return <Linked isFocused={isPressed} />
  if (link.manageToken === null || (isOwn.isPending && linking.isIdle)) return null
  return (
    <Offer error={linking.error}>
      <ActionButton
        isBusy={linking.isPending}
        onClick={() => {
          setPressed(true)
          linking.mutate()
        }}
      >
        {t('linkToAccount.submit')}
      </ActionButton>
    </Offer>
  )
}

/** @param isFocused whether it gets the focus, because it replaces the button that was pressed */
function Linked({ isFocused }: { isFocused: boolean }) {
  const { t } = useTranslation('ticket')
  const ref = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (isFocused) ref.current?.focus()
  }, [isFocused])
  return (
    <Text ref={ref} tabIndex={-1} className={`${classes.linked} no-print`}>
      <Icon of={IconCheck} size={18} />
      <span>
        {t('linkToAccount.linked')} <TextLink to="/my-bookings">{t('linkToAccount.all')}</TextLink>
      </span>
    </Text>
  )
}

function Offer({ error = null, children }: { error?: unknown; children: ReactNode }) {
  const { t } = useTranslation('ticket')
  return (
    <section className={`${classes.linkOffer} no-print`} aria-labelledby="link-title">
      <Stack gap="sm">
        <div>
          <Title order={2} size="h3" id="link-title">
            {t('linkToAccount.title')}
          </Title>
          <Text c="dimmed">{t('linkToAccount.help')}</Text>
        </div>
        {error === null ? null : <ErrorState error={error} />}
        <Group gap="sm">{children}</Group>
      </Stack>
    </section>
  )
}
