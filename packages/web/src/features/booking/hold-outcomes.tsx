import type { Slot } from '@holdfast/contract/client'
import { Button, Group, Loader, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { refusalCode } from '../../lib/api-error.ts'
import { doctorQuery } from '../../lib/directory-queries.ts'
import { formatDay, formatTime } from '../../lib/format.ts'
import { problemMessage } from '../../lib/problem-message.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import classes from './booking.module.css'
import type { HoldState } from './hold-state.ts'
import type { Hold } from './use-hold.ts'

type OutcomeProps<Kind extends HoldState['kind']> = {
  state: Extract<HoldState, { kind: Kind }>
  hold: Hold
  when: string
}

/** Asked for, and not answered yet: seen at once, and again after a lost connection. */
export function TakingPanel({ state, hold, when }: OutcomeProps<'taking'>) {
  const { t } = useTranslation('booking')
  return (
    <section className={classes.panel} aria-labelledby="taking-title">
      <div>
        <FocusedTitle id="taking-title">{t('taking.title')}</FocusedTitle>
        <Text size="lg">{when}</Text>
      </div>
      {state.error === null ? (
        <Loader aria-label={t('taking.title')} />
      ) : (
        <>
          <ErrorState error={state.error} retry={hold.retry} />
          <Text size="sm" c="dimmed">
            {t('taking.byItself')}
          </Text>
        </>
      )}
      <Group>
        <Button variant="default" onClick={hold.release}>
          {t('back')}
        </Button>
      </Group>
    </section>
  )
}

/** The hold has ended: the same time once more, in one press. */
export function LapsedPanel({ hold, when }: OutcomeProps<'lapsed'>) {
  const { t } = useTranslation('booking')
  return (
    <section className={classes.panel} aria-labelledby="lapsed-title">
      <div>
        <FocusedTitle id="lapsed-title">{t('lapsed.title')}</FocusedTitle>
        <Text mt="xs">{t('lapsed.help', { when })}</Text>
      </div>
      <Group gap="sm">
        <Button onClick={hold.takeAgain}>{t('lapsed.again')}</Button>
        <Button variant="default" onClick={hold.release}>
          {t('back')}
        </Button>
      </Group>
    </section>
  )
}

type LostProps = OutcomeProps<'lost'> & { timeZone: string; doctorId: string; onChoose: (slot: Slot) => void }

/** Somebody was faster: said kindly, with the nearest times that are free. */
export function LostPanel({ state, hold, when, timeZone, doctorId, onChoose }: LostProps) {
  const { t } = useTranslation(['booking', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const isFull = refusalCode(state.error) === 'slot_full'
  const { title, help } = problemMessage(state.error, tProblem)
  return (
    <section className={classes.panel} aria-labelledby="lost-title">
      <div>
        <FocusedTitle id="lost-title">{title}</FocusedTitle>
        <Text mt="xs">{isFull ? t('lost.full', { when }) : help}</Text>
      </div>
      {state.alternatives.length === 0 ? null : (
        <div>
          <Text fw={600} mb="sm">
            {t('lost.alternatives')}
          </Text>
          <ul className={classes.alternatives}>
            {state.alternatives.map((slot) => (
              <li key={slot.id}>
                <Button variant="light" fullWidth justify="flex-start" h="auto" py="xs" onClick={() => onChoose(slot)}>
                  <span style={{ textAlign: 'start', whiteSpace: 'normal' }}>
                    {formatDay(slot.startsAt, timeZone)}, {formatTime(slot.startsAt, timeZone)}
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
          {t('lost.all')}
        </Button>
      </Group>
    </section>
  )
}

function OtherDoctor({ doctorId }: { doctorId: string }) {
  const { t } = useTranslation('booking')
  const name = useQuery(doctorQuery(doctorId)).data?.name
  return name === undefined ? null : <span> · {t('lost.with', { name })}</span>
}
