import type { ConfirmationLink } from '@holdfast/contract/client'
import { Alert, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readHold } from '../../domain/hold/hold-calls.ts'
import { useSecondsLeft } from '../../domain/hold/use-seconds-left.ts'
import { formatCountdown } from '../../lib/format.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import classes from './booking.module.css'
import { HeldPanel, type HeldProps } from './held-panel.tsx'
import type { HoldLink } from './hold-state.ts'
import { useChangesOfHold } from './use-changes-of-hold.ts'
import type { Hold } from './use-hold.ts'

const rereadMs = 4_000

/** The clinic confirms by link: the time is held until the patient has opened the e-mail and pressed its button. */
export function AwaitingLink({ link, ...held }: HeldProps & { link: HoldLink }) {
  const { t } = useTranslation('booking')
  const { state, hold, when } = held
  const [isEditing, setEditing] = useState(false)
  const changes = useChangesOfHold({ confirm: () => hold.confirm(state.attempt.details), extend: hold.extend })
  const now = useChangeElsewhere(state, hold)
  // What was read before the e-mail was sent again says nothing about it.
  const { failure } = now !== undefined && now.sentAt >= link.sentAt ? now : link
  const error = changes.errorOf('confirm')
  if (isEditing) {
    const confirm: Hold['confirm'] = async (details) => {
      await hold.confirm(details)
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
      <SentTo email={link.email} failure={failure} isLast={link.nextAt === null} />
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
          {t('held.release')}
        </ActionButton>
      </Group>
    </section>
  )
}

type SentProps = {
  email: string
  failure: HoldLink['failure']
  /** No other e-mail can be sent, to another address neither. */
  isLast: boolean
}

const adviceOf = {
  address_refused: 'address',
  address_limit: 'address',
  network_limit: 'address',
  not_sent: 'again',
  unknown: 'again',
} as const satisfies Record<NonNullable<HoldLink['failure']>, string>

/** Where the link was sent, or why it did not arrive, and what the patient can do. */
function SentTo({ email, failure, isLast }: SentProps) {
  const { t } = useTranslation('booking')
  const address = `\u2068${email}\u2069`
  return (
    <div aria-live="polite">
      {/* A server of the former release does not say. */}
      {failure == null ? (
        <>
          <Text>{t('link.help', { email: address })}</Text>
          <Text c="dimmed">{t('link.notArrived')}</Text>
          {isLast ? <Text c="dimmed">{t('link.noMore')}</Text> : null}
        </>
      ) : (
        <Alert color="red">
          {t(`link.failed.${failure}`, { email: address })} {t(`link.advice.${isLast ? 'call' : adviceOf[failure]}`)}
        </Alert>
      )}
    </div>
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

type SendProps = { nextAt: string; isBusy: boolean; onSend: () => void }

/** The server sends it again after a minute, and a few times only. */
function SendAgain({ nextAt, isBusy, onSend }: SendProps) {
  const { t } = useTranslation('booking')
  const seconds = useSecondsLeft(nextAt)
  return (
    <ActionButton onClick={onSend} isBusy={isBusy} disabled={seconds > 0}>
      {seconds > 0 ? t('link.againIn', { time: formatCountdown(seconds) }) : t('link.again')}
    </ActionButton>
  )
}

/**
 * The link is opened in another tab, or on another device.
 *
 * @returns what became of the e-mail by now; undefined: it was not asked yet
 */
function useChangeElsewhere({ attempt }: HeldProps['state'], { reread }: Hold): ConfirmationLink | undefined {
  const { made } = attempt
  const booking = useQuery({
    queryKey: ['hold', made?.bookingId],
    queryFn: () => (made === null ? null : readHold(made)),
    enabled: made !== null,
    refetchInterval: rereadMs,
  })
  const isOver = booking.data != null && booking.data.status !== 'PENDING'
  const onOver = useEffectEvent(reread)
  useEffect(() => {
    if (isOver) onOver()
  }, [isOver])
  return booking.data?.confirmationLink
}
