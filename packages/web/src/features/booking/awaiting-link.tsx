import type { ConfirmationLink } from '@holdfast/contract/client'
import { Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isRequest } from '../../domain/bookings/offered-actions.ts'
import { readHold } from '../../domain/hold/hold-calls.ts'
import { SendAgain, SentTo } from '../../domain/hold/sent-link.tsx'
import { useSecondsLeft } from '../../domain/hold/use-seconds-left.ts'
import { formatCountdown } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import classes from './booking.module.css'
import { HeldPanel, type HeldProps } from './held-panel.tsx'
import type { HoldLink } from './hold-state.ts'
import { useChangesOfHold } from './use-changes-of-hold.ts'
import type { Hold } from './use-hold.ts'

const rereadMs = 4_000

/** The clinic confirms by link: the time is held until the patient has opened the e-mail and pressed its button. */
export function AwaitingLink({ link, ...held }: HeldProps & { link: HoldLink }) {
  const { t } = useTranslation(['booking-more', 'booking'])
  const { state, hold, when } = held
  const [isEditing, setEditing] = useState(false)
  const changes = useChangesOfHold({ confirm: () => hold.confirm(state.attempt.details), extend: hold.extend })
  const now = useChangeElsewhere(state, hold)
  // What was read before the e-mail was sent again says nothing about it.
  const { failure } = now !== undefined && now.sentAt >= link.sentAt ? now : link
  const error = changes.errorOf('confirm')
  if (isEditing) {
    const confirm: Hold['confirm'] = async (...of) => {
      await hold.confirm(...of)
      setEditing(false)
    }
    return <HeldPanel {...held} hold={{ ...hold, confirm }} />
  }
  return (
    <section className={classes.panel} aria-labelledby="link-title">
      <div>
        <FocusedTitle id="link-title">{t('link.title')}</FocusedTitle>
        <Text size="lg" fw={600}>
          {when}
        </Text>
      </div>
      <SentTo email={link.email} failure={failure} isLast={link.nextAt === null} canCorrect />
      <TimeLeft until={state.holdExpiresAt} />
      {error === null ? null : <ErrorState error={error} />}
      <Group gap="sm">
        {link.nextAt === null ? null : (
          <>
            <SendAgain nextAt={link.nextAt} isBusy={hold.isBusy} onSend={() => changes.start('confirm')} />
            <ActionButton variant="default" onClick={() => setEditing(true)} disabled={hold.isBusy}>
              {t('link.otherAddress')}
            </ActionButton>
          </>
        )}
        <ActionButton variant="default" onClick={hold.release} disabled={hold.isBusy}>
          {t('booking:held.release')}
        </ActionButton>
      </Group>
    </section>
  )
}

function TimeLeft({ until }: { until: string }) {
  const { t } = useTranslation('booking')
  const seconds = useSecondsLeft(until)
  return (
    <div className={classes.countdown}>
      <Text component="span">
        <span aria-hidden="true">{t('held.timeLeft')}</span>{' '}
        <span className={classes.clock} role="timer" aria-label={t('held.timeLeft')}>
          {formatCountdown(seconds)}
        </span>
      </Text>
    </div>
  )
}

/**
 * The link is opened in another tab, or on another device.
 *
 * @returns the latest state of the e-mail; undefined: the booking was not read again, or waits for no link
 */
function useChangeElsewhere({ attempt }: HeldProps['state'], { reread }: Hold): ConfirmationLink | undefined {
  const { made } = attempt
  const booking = useQuery({
    queryKey: ['hold', made?.bookingId],
    queryFn: () => (made === null ? null : readHold(made)),
    enabled: made !== null,
    refetchInterval: rereadMs,
  })
  const isOver = booking.data != null && (booking.data.status !== 'PENDING' || isRequest(booking.data))
  const onOver = useEffectEvent(reread)
  useEffect(() => {
    if (isOver) onOver()
  }, [isOver])
  return booking.data?.confirmationLink
}
