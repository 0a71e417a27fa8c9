import type { Slot } from '@holdfast/contract/client'
import { Button, Group, Loader, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { isHeld, useActiveAttempt } from '../../domain/hold/active-attempt.ts'
import type { HeldAttempt } from '../../domain/hold/attempt.ts'
import { useSecondsLeft } from '../../domain/hold/use-seconds-left.ts'
import { isRefusedForNow, refusalCode, retryDelayMs } from '../../lib/api/api-error.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { formatCountdown, formatLongDayTime } from '../../lib/i18n/format.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import classes from './booking.module.css'
import type { HoldState } from './hold-state.ts'
import type { Hold } from './use-hold.ts'

type OutcomeProps<Kind extends HoldState['kind']> = {
  state: Extract<HoldState, { kind: Kind }>
  hold: Hold
  when: string
}

/**
 * The hold was requested and there is no response yet, also after a lost connection; or the server refused it for now,
 * and somebody else may have the slot before it is requested again.
 */
export function RequestingPanel({ state, hold, when }: OutcomeProps<'requesting'>) {
  const { t } = useTranslation('booking')
  const { attempt, error } = state
  const isRefused = attempt.made === null && isRefusedForNow(error)
  return (
    <section className={classes.panel} aria-labelledby="requesting-title">
      <div>
        <FocusedTitle id="requesting-title">{t(isRefused ? 'requesting.notHeld' : 'requesting.title')}</FocusedTitle>
        <Text size="lg">{when}</Text>
      </div>
      {error === null ? (
        <Loader aria-label={t('requesting.title')} />
      ) : (
        <ErrorState error={error} help={t(isRefused ? 'requesting.mayBeTaken' : 'requesting.retrying')} />
      )}
      {isRefused ? <NextAttempt error={error} /> : null}
      <Group>
        <Button variant="default" onClick={hold.release}>
          {t('back')}
        </Button>
      </Group>
    </section>
  )
}

/** When a refused request is sent again. Outside of the alert, which would be read aloud at every second. */
function NextAttempt({ error }: { error: unknown }) {
  const { t } = useTranslation('booking')
  const until = useMemo(() => new Date(serverNow() + retryDelayMs(error)).toISOString(), [error])
  const seconds = useSecondsLeft(until)
  return (
    <Text className="tabular" role="timer">
      {t('requesting.nextAttempt', { time: formatCountdown(seconds) })}
    </Text>
  )
}

/** The hold has expired; a button requests the same slot again. */
export function ExpiredPanel({ hold, when }: OutcomeProps<'expired'>) {
  const { t } = useTranslation('booking')
  return (
    <section className={classes.panel} aria-labelledby="expired-title">
      <div>
        <FocusedTitle id="expired-title">{t('expired.title')}</FocusedTitle>
        <Text mt="xs">{t('expired.help', { when })}</Text>
      </div>
      <Group gap="sm">
        <Button onClick={hold.requestAgain}>{t('expired.again')}</Button>
        <Button variant="default" onClick={hold.release}>
          {t('back')}
        </Button>
      </Group>
    </section>
  )
}

type UnavailableProps = OutcomeProps<'unavailable'> & {
  timeZone: string
  doctorId: string
  onChoose: (slot: Slot) => void
}

/** The slot was taken by someone else; offers the hold before it, and the nearest free ones. */
export function UnavailablePanel({ state, hold, when, timeZone, doctorId, onChoose }: UnavailableProps) {
  const { t } = useTranslation(['booking', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const isFull = refusalCode(state.error) === 'slot_full'
  const active = useActiveAttempt()
  const { title, help } = problemMessage(state.error, tProblem)
  return (
    <section className={classes.panel} aria-labelledby="unavailable-title">
      <div>
        <FocusedTitle id="unavailable-title">{title}</FocusedTitle>
        <Text mt="xs">{isFull ? t('unavailable.full', { when }) : help}</Text>
      </div>
      {/* On another doctor's page, the header leads to it. */}
      {isHeld(active) && active.doctorId === doctorId ? (
        <StillHeld attempt={active} timeZone={timeZone} onContinue={hold.resume} />
      ) : null}
      {state.alternatives.length === 0 ? null : (
        <div>
          <Text fw={600} mb="sm">
            {t('unavailable.alternatives')}
          </Text>
          <ul className={classes.alternatives}>
            {state.alternatives.map((slot) => (
              <li key={slot.id}>
                <Button variant="light" fullWidth justify="flex-start" py="xs" onClick={() => onChoose(slot)}>
                  <span style={{ textAlign: 'start' }}>
                    {formatLongDayTime(slot.startsAt, timeZone)}
                    {slot.doctorId === doctorId ? null : <OtherDoctor doctorId={slot.doctorId} />}
                  </span>
                </Button>
              </li>
            ))}
          </ul>
        </div>
      )}
      <Group>
        <Button variant="default" onClick={hold.release}>
          {t('unavailable.all')}
        </Button>
      </Group>
    </section>
  )
}

type StillHeldProps = { attempt: HeldAttempt; timeZone: string; onContinue: () => void }

/** The hold that was to be replaced: it goes on. */
function StillHeld({ attempt, timeZone, onContinue }: StillHeldProps) {
  const { t } = useTranslation('booking')
  const seconds = useSecondsLeft(attempt.holdExpiresAt)
  if (seconds === 0) return null
  return (
    <Group gap="sm">
      <Text fw={600}>
        {t('unavailable.stillHeld', { when: formatLongDayTime(attempt.slot.startsAt, timeZone) })}{' '}
        <bdi className="tabular" role="timer" aria-label={t('held.timeLeft')}>
          {formatCountdown(seconds)}
        </bdi>
      </Text>
      <Button size="sm" onClick={onContinue}>
        {t('unavailable.continue')}
      </Button>
    </Group>
  )
}

function OtherDoctor({ doctorId }: { doctorId: string }) {
  const { t } = useTranslation('booking')
  const name = useQuery(doctorQuery(doctorId)).data?.name
  return name === undefined ? null : <span> · {t('unavailable.with', { name })}</span>
}
