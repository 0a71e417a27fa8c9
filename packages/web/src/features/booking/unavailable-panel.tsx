import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { ChosenSlot } from '../../domain/free-times/no-times.tsx'
import { isHeld, useActiveAttempt } from '../../domain/hold/active-attempt.ts'
import type { Attempt, HeldAttempt } from '../../domain/hold/attempt.ts'
import { useSecondsLeft } from '../../domain/hold/use-seconds-left.ts'
import { useNearbyTimes } from '../../domain/visits/use-nearby-times.ts'
import { sessionOf } from '../../domain/visits/visit-times-query.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { formatCountdown, formatLongDayTime } from '../../lib/i18n/format.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import classes from './booking.module.css'
import type { OutcomeProps } from './hold-outcomes.tsx'

type UnavailableProps = OutcomeProps<'unavailable'> & {
  timeZone: string
  doctorId: string
  onChoose: (slot: ChosenSlot) => void
}

/** The slot was taken by someone else; offers the hold before it, and the nearest free ones. */
export function UnavailablePanel({ state, hold, when, timeZone, doctorId, onChoose }: UnavailableProps) {
  const { t } = useTranslation(['booking', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const isFull = refusalCode(state.error) === 'slot_full'
  const { slot } = state.attempt
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
      {slot.visitTypeId === undefined ? null : (
        <NearbyVisits
          attempt={state.attempt}
          visitTypeId={slot.visitTypeId}
          doctorId={doctorId}
          timeZone={timeZone}
          onChoose={onChoose}
        />
      )}
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

type NearbyProps = {
  attempt: Attempt
  visitTypeId: string
  doctorId: string
  timeZone: string
  onChoose: (slot: ChosenSlot) => void
}

/** The times nearest to one that has just been taken, each a button that holds it. */
function NearbyVisits({ attempt: { slot, appointmentType }, visitTypeId, doctorId, timeZone, onChoose }: NearbyProps) {
  const { t } = useTranslation('booking')
  const nearest = useNearbyTimes({ doctorId, visitTypeId, startsAt: slot.startsAt, timeZone })
  if (nearest.length === 0) return null
  return (
    <div>
      <Text fw={600} mb="sm">
        {t('unavailable.alternatives')}
      </Text>
      <ul className={classes.alternatives}>
        {nearest.map((time) => (
          <li key={time.id}>
            <Button
              variant="light"
              fullWidth
              justify="flex-start"
              py="xs"
              onClick={() => onChoose({ ...time, id: sessionOf(time), visitTypeId, appointmentType })}
            >
              {formatLongDayTime(time.startsAt, timeZone)}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  )
}
