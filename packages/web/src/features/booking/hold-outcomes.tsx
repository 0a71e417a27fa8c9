import { Button, Group, Loader, Text } from '@mantine/core'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSecondsLeft } from '../../domain/hold/use-seconds-left.ts'
import { isRefusedForNow, retryDelayMs } from '../../lib/api/api-error.ts'
import { formatCountdown } from '../../lib/i18n/format.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import classes from './booking.module.css'
import type { HoldState } from './hold-state.ts'
import type { Hold } from './use-hold.ts'

export type OutcomeProps<Kind extends HoldState['kind']> = {
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
