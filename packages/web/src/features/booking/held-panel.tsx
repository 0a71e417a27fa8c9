import { Button, Group, Text, Textarea, TextInput, Title, VisuallyHidden } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatCountdown } from '../../lib/format.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import type { Details } from './attempt.ts'
import classes from './booking.module.css'
import type { HoldState } from './hold-state.ts'
import type { Hold } from './use-hold.ts'
import { useSecondsLeft } from './use-seconds-left.ts'

type Held = Extract<HoldState, { kind: 'held' }>
/** `when`: the formatted time. */
type HeldProps = { state: Held; hold: Hold; when: string }

/** The extension is offered in the last seconds of the hold. */
const offerSeconds = 30

/** The slot is held: the patient's details, the time left, and the button to confirm. */
export function HeldPanel({ state, hold, when }: HeldProps) {
  const { t } = useTranslation('booking')
  const [details, setDetails] = useState(state.attempt.details)
  const [isTried, setTried] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const change = (part: Partial<Details>) => {
    const next = { ...details, ...part }
    setDetails(next)
    hold.note(next)
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const wrong = wrongField(details)
    if (wrong !== null) {
      document.getElementById(`details-${wrong}`)?.focus()
      return
    }
    setError(null)
    await hold.confirm(details).catch(setError)
  }
  return (
    <section className={classes.panel} aria-labelledby="held-title">
      <div>
        <FocusedTitle id="held-title">{t('held.title')}</FocusedTitle>
        <Text size="lg" fw={600}>
          {when}
        </Text>
      </div>
      <Countdown state={state} hold={hold} onError={setError} />
      <form onSubmit={submit} noValidate>
        <DetailsFields details={details} onChange={change} isTried={isTried} />
        {error === null ? null : (
          <div style={{ marginBlockStart: '1rem' }}>
            <ErrorState error={error} />
          </div>
        )}
        <Group mt="xl" gap="sm">
          <Button type="submit" loading={hold.isBusy}>
            {t('held.confirm')}
          </Button>
          <Button variant="default" onClick={hold.release} disabled={hold.isBusy}>
            {t('held.release')}
          </Button>
        </Group>
      </form>
    </section>
  )
}

function Countdown({ state, hold, onError }: { state: Held; hold: Hold; onError: (error: unknown) => void }) {
  const { t } = useTranslation('booking')
  const seconds = useSecondsLeft(state.holdExpiresAt)
  // Once offered, the extension stays offered, even if a more exact server time leaves one more second.
  const [wasOffered, setOffered] = useState(false)
  const isNearEnd = seconds <= offerSeconds
  if (isNearEnd && !wasOffered) setOffered(true)
  const isUrgent = isNearEnd || (wasOffered && !state.isExtended)
  const canExtend = isUrgent && !state.isExtended
  return (
    <div className={classes.countdown} data-urgent={isUrgent || undefined}>
      <Text component="span">
        {t('held.timeLeft')}{' '}
        <span className={classes.clock} role="timer" aria-label={t('held.timeLeft')}>
          {formatCountdown(seconds)}
        </span>
      </Text>
      {canExtend ? (
        <Button size="sm" variant="white" onClick={() => hold.extend().catch(onError)} disabled={hold.isBusy}>
          {t('held.extend')}
        </Button>
      ) : null}
      <VisuallyHidden role="status">{isUrgent ? t(canExtend ? 'held.endsSoon' : 'held.ends') : ''}</VisuallyHidden>
    </div>
  )
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
