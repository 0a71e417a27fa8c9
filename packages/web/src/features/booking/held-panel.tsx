import { Group, Text, Textarea, TextInput, Title, VisuallyHidden } from '@mantine/core'
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { UnreachableError } from '../../lib/api-error.ts'
import { formatCountdown, formatNumber } from '../../lib/format.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import { wrappingLabel } from '../../ui/wrapping-label.ts'
import type { Details } from './attempt.ts'
import classes from './booking.module.css'
import type { HoldState } from './hold-state.ts'
import type { Hold } from './use-hold.ts'
import { useSecondsLeft } from './use-seconds-left.ts'

type Held = Extract<HoldState, { kind: 'held' }>
/** `when`: the formatted time. */
type HeldProps = { state: Held; hold: Hold; when: string; extensionsMax: number }

/** From here on, the countdown is shown as urgent. */
const urgentSeconds = 30
/** When the time left is announced. */
const announcedSeconds = [10, 30, 60] as const

/** The slot is held: the patient's details, the time left, and the button to confirm. */
export function HeldPanel({ state, hold, when, extensionsMax }: HeldProps) {
  const { t } = useTranslation('booking')
  const [details, setDetails] = useState(state.attempt.details)
  const [isTried, setTried] = useState(false)
  const [error, setError] = useState<unknown>(null)
  /** The confirmation did not reach the server: it is repeated when the network is back. */
  const [isWaiting, setWaiting] = useState(false)
  const change = (part: Partial<Details>) => {
    const next = { ...details, ...part }
    setDetails(next)
    hold.note(next)
  }
  const confirm = async () => {
    setError(null)
    setWaiting(false)
    try {
      await hold.confirm(details)
    } catch (refusal) {
      setError(refusal)
      setWaiting(refusal instanceof UnreachableError)
    }
  }
  useOnline(isWaiting, () => void confirm())
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const wrong = wrongField(details)
    if (wrong !== null) {
      document.getElementById(`details-${wrong}`)?.focus()
      return
    }
    await confirm()
  }
  return (
    <section className={classes.panel} aria-labelledby="held-title">
      <div>
        <FocusedTitle id="held-title">{t('held.title')}</FocusedTitle>
        <Text size="lg" fw={600}>
          {when}
        </Text>
      </div>
      <Countdown state={state} hold={hold} extensionsMax={extensionsMax} onError={setError} />
      <form onSubmit={submit} noValidate>
        <DetailsFields details={details} onChange={change} isTried={isTried} />
        {error === null ? null : (
          <div style={{ marginBlockStart: '1rem' }}>
            <ErrorState error={error} />
            {isWaiting ? (
              <Text size="sm" c="dimmed" mt="xs">
                {t('requesting.retrying')}
              </Text>
            ) : null}
          </div>
        )}
        <Group mt="xl" gap="sm">
          <ActionButton type="submit" isBusy={hold.isBusy}>
            {t('held.confirm')}
          </ActionButton>
          <ActionButton variant="default" onClick={hold.release} disabled={hold.isBusy}>
            {t('held.release')}
          </ActionButton>
        </Group>
      </form>
    </section>
  )
}

/** Calls back when the network returns. Confirming twice is confirming once. */
function useOnline(isWaiting: boolean, onOnline: () => void): void {
  const online = useEffectEvent(onOnline)
  useEffect(() => {
    if (!isWaiting) return
    const again = () => online()
    window.addEventListener('online', again)
    return () => window.removeEventListener('online', again)
  }, [isWaiting])
}

type CountdownProps = { state: Held; hold: Hold; extensionsMax: number; onError: (error: unknown) => void }

/** The time left, and the button that adds more, from the start (WCAG 2.2.1). */
function Countdown({ state, hold, extensionsMax, onError }: CountdownProps) {
  const { t } = useTranslation('booking')
  const seconds = useSecondsLeft(state.holdExpiresAt)
  const { extensions } = state.attempt
  const canExtend = extensions < extensionsMax
  return (
    <div className={classes.countdown} data-urgent={seconds <= urgentSeconds || undefined}>
      <Text component="span">
        {t('held.timeLeft')}{' '}
        <span className={classes.clock} role="timer" aria-label={t('held.timeLeft')}>
          {formatCountdown(seconds)}
        </span>
      </Text>
      {extensionsMax === 0 ? null : (
        // After the last extension it stays, because it has the focus.
        <ActionButton
          size="sm"
          variant="default"
          h="auto"
          mih="2.25rem"
          styles={wrappingLabel}
          disabled={!canExtend}
          isBusy={hold.isBusy}
          onClick={() => hold.extend().catch(onError)}
        >
          {t(canExtend ? 'held.extend' : 'held.extendedFully')}
        </ActionButton>
      )}
      <VisuallyHidden role="status">
        <Announcement
          key={state.holdExpiresAt}
          until={state.holdExpiresAt}
          extensions={extensions}
          canExtend={canExtend}
        />
      </VisuallyHidden>
    </div>
  )
}

type AnnouncementProps = { until: string; extensions: number; canExtend: boolean }

/**
 * What screen readers announce: not each second, but at a few of them, and each extension. An extension's text has the
 * time left at that moment, because a text that stays the same is not announced again.
 */
function Announcement({ until, extensions, canExtend }: AnnouncementProps) {
  const { t } = useTranslation('booking')
  const seconds = useSecondsLeft(until)
  const [first] = useState({ seconds, extensions })
  const mark = announcedSeconds.find((one) => seconds <= one)
  if (mark !== undefined && (first.extensions === 0 || mark < first.seconds)) {
    return `${t('held.left', { time: duration(mark) })} ${canExtend ? t('held.canExtend') : ''}`
  }
  const added = first.extensions === 0 ? '' : t('held.extended', { time: duration(first.seconds) })
  return `${added} ${extensions === 0 || canExtend ? '' : t('held.extendedFully')}`.trim()
}

/** `3 minutes 58 seconds` */
function duration(seconds: number): string {
  const part = (value: number, unit: string) => formatNumber(value, { style: 'unit', unit, unitDisplay: 'long' })
  const minutes = Math.floor(seconds / 60)
  if (seconds <= 60) return part(seconds, 'second')
  return seconds % 60 === 0 ? part(minutes, 'minute') : `${part(minutes, 'minute')} ${part(seconds % 60, 'second')}`
}

type FieldsProps = { details: Details; onChange: (part: Partial<Details>) => void; isTried: boolean }

function DetailsFields({ details, onChange, isTried }: FieldsProps) {
  const { t } = useTranslation('booking')
  const wrong = isTried ? wrongField(details) : null
  return (
    <div className={classes.fields}>
      <Title order={3} className={classes.wide ?? ''}>
        {t('details.title')}
      </Title>
      <TextInput
        id="details-name"
        className={classes.wide ?? ''}
        label={t('details.name')}
        required
        autoComplete="name"
        dir="auto"
        maxLength={200}
        value={details.name}
        onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
        error={wrong === 'name' ? t('details.nameRequired') : null}
      />
      <TextInput
        id="details-email"
        type="email"
        label={t('details.email')}
        autoComplete="email"
        maxLength={254}
        value={details.email}
        onChange={({ currentTarget }) => onChange({ email: currentTarget.value })}
        error={wrong === 'email' ? t('details.emailInvalid') : null}
      />
      <TextInput
        type="tel"
        label={t('details.phone')}
        autoComplete="tel"
        maxLength={50}
        value={details.phone}
        onChange={({ currentTarget }) => onChange({ phone: currentTarget.value })}
      />
      <Textarea
        className={classes.wide ?? ''}
        label={t('details.reason')}
        description={t('details.reasonHelp')}
        maxLength={1000}
        autosize
        minRows={2}
        value={details.reason}
        onChange={({ currentTarget }) => onChange({ reason: currentTarget.value })}
      />
    </div>
  )
}

/** The first field that is invalid. */
function wrongField({ name, email }: Details): 'name' | 'email' | null {
  if (name.trim() === '') return 'name'
  return email.trim() === '' || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? null : 'email'
}
