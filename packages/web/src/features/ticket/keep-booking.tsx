import type { Booking } from '@holdfast/contract/client'
import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type TicketLink, ticketHash } from '../../domain/bookings/ticket-link.ts'
import { useBookingActions } from '../../domain/bookings/use-booking-changes.ts'
import { useSession } from '../../lib/session.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { TextLink } from '../../ui/text-link.tsx'
import { toastDone } from '../../ui/toast.ts'
import { isOwnQuery } from './is-own-query.ts'
import { takeWish, wishToKeep } from './keep-wish.ts'
import classes from './ticket.module.css'

type KeepProps = { booking: Booking; link: TicketLink }

/** Links a guest's booking to an account: with one button, or after returning from signing in. */
export function KeepBooking({ booking, link }: KeepProps) {
  const session = useSession()
  if (session.kind === 'unknown') return null
  if (session.kind === 'guest') return <SignInToKeep booking={booking} link={link} />
  return <KeepInAccount key={session.me.id} accountId={session.me.id} booking={booking} link={link} />
}

function SignInToKeep({ booking, link }: KeepProps) {
  const { t } = useTranslation('ticket')
  // Whoever is back without having signed in has thought better of it; also who goes back before the other page is
  // here, to a ticket that was never gone. Done by when the ticket is seen.
  useLayoutEffect(() => {
    const forget = () => void takeWish(booking.id)
    forget()
    window.addEventListener('popstate', forget)
    return () => window.removeEventListener('popstate', forget)
  }, [booking.id])
  // The manage token is passed in the fragment, which browsers never send.
  const way = { search: { to: '/ticket' }, hash: ticketHash(link), onClick: () => wishToKeep(booking.id) }
  return (
    <Offer>
      <LinkButton to="/sign-in" {...way} variant="default">
        {t('linkToAccount.signIn')}
      </LinkButton>
      <LinkButton to="/sign-up" {...way} variant="default">
        {t('linkToAccount.signUp')}
      </LinkButton>
    </Offer>
  )
}

function KeepInAccount({ accountId, booking, link }: KeepProps & { accountId: string }) {
  const { t } = useTranslation('ticket')
  const { keep } = useBookingActions(link)
  const [isPressed, setPressed] = useState(false)
  const own = useQuery(isOwnQuery(accountId, booking))
  const keeping = useMutation({
    mutationFn: keep,
    onSuccess: () => toastDone({ message: t('linkToAccount.done') }),
  })
  const onMount = useEffectEvent(() => {
    if (takeWish(booking.id)) keeping.mutate()
  })
  useEffect(() => onMount(), [])
  if (own.data === true || keeping.isSuccess) return <Kept isFocused={isPressed} />
  if (own.isPending && keeping.isIdle) return null
  return (
    <Offer error={keeping.error}>
      <Button
        loading={keeping.isPending}
        onClick={() => {
          setPressed(true)
          keeping.mutate()
        }}
      >
        {t('linkToAccount.submit')}
      </Button>
    </Offer>
  )
}

/** @param isFocused it takes the place of the button that was pressed */
function Kept({ isFocused }: { isFocused: boolean }) {
  const { t } = useTranslation('ticket')
  const ref = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (isFocused) ref.current?.focus()
  }, [isFocused])
  return (
    <Text ref={ref} tabIndex={-1} className={`${classes.kept} no-print`}>
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
    <section className={`${classes.keep} no-print`} aria-labelledby="keep-title">
      <Stack gap="sm">
        <div>
          <Title order={2} size="h3" id="keep-title">
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
