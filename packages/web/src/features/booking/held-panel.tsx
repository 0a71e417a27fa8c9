import type { Clinic, Doctor, VisitType } from '@holdfast/contract/client'
import { Box, Group, Text, VisuallyHidden } from '@mantine/core'
import { type FormEvent, lazy, type RefObject, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AskedFields } from '../../domain/answers/asked-fields.tsx'
import { focusQuestion, missingAnswers } from '../../domain/answers/typed-answers.ts'
import { useAsked } from '../../domain/answers/use-asked.ts'
import type { Attempt, Details } from '../../domain/hold/attempt.ts'
import { useSecondsLeft } from '../../domain/hold/use-seconds-left.ts'
import { useKeepPerson } from '../../domain/people/use-keep-person.ts'
import { WhoFor } from '../../domain/people/who-for.tsx'
import { useVisitType } from '../../domain/visits/visit-type-queries.ts'
import { isFinal, refusalCode, refusedContact } from '../../lib/api/api-error.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { formatCountdown, formatMinutes, formatMoney, formatNumber } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import classes from './booking.module.css'
import { DetailsFields, focusDetail, wrongFields } from './details-fields.tsx'
import type { HoldState } from './hold-state.ts'
import { useChangesOfHold } from './use-changes-of-hold.ts'
import type { Hold } from './use-hold.ts'

type Held = Extract<HoldState, { kind: 'held' }>
/** `when`: the formatted time. */
export type HeldProps = { state: Held; hold: Hold; when: string; doctor: Doctor; clinic: Clinic }

/** Shown for a visit in an open session. */
const HeldVisit = lazy(async () => ({ default: (await import('./visits/held-visit.tsx')).HeldVisit }))
const HeldQuestion = lazy(async () => ({ default: (await import('./held-question.tsx')).HeldQuestion }))

/** The countdown is shown as urgent from here on. */
const urgentSeconds = 30
/** When the time left is announced. */
const announcedSeconds = [10, 30, 60] as const

/** The slot is held: the patient's details, the time left, and the button to confirm. */
export function HeldPanel({ state, hold, when, doctor, clinic }: HeldProps) {
  const { t } = useTranslation('booking')
  const { holdExtensionsMax: extensionsMax } = clinic.settings
  const [details, setDetails] = useState(state.attempt.details)
  const [isTried, setTried] = useState(false)
  const [isAskingContact, setAskingContact] = useState(false)
  const person = useKeepPerson()
  // Read when a request is sent again, and so not a state.
  const mayOverlap = useRef(false)
  const { visitTypeId } = state.attempt.slot
  const visitType = useVisitType({ clinicId: clinic.id, ...(visitTypeId && { visitTypeId }) })
  const isRequested = (visitType?.approval ?? 'none') !== 'none'
  const changes = useChangesOfHold({
    confirm: () =>
      hold.confirm(details, mayOverlap.current, visitType?.questions).then(() => void person.keep(details.name)),
    extend: hold.extend,
  })
  const error = changes.errorOf('confirm')
  const asked = useAsked(clinic.id, visitType, error)
  const refused = refusedContact(error)
  const isOverlap = refusalCode(error) === 'patient_booked'
  useEffect(() => {
    const field = refusedContact(error)
    if (field !== null) focusDetail(field)
  }, [error])
  const change = (part: Partial<Details>) => {
    const next = { ...details, ...part }
    setDetails(next)
    hold.note(next)
    if (part.name !== undefined) mayOverlap.current = false
    const isMended = refused === null ? asked.refused !== null && part.answers !== undefined : refused in part
    if (isMended || (isOverlap && part.name !== undefined)) changes.forget()
  }
  // The address and the bookings of an account are known.
  const isUnreachable = state.attempt.holder === null && details.email.trim() === '' && details.phone.trim() === ''
  const addContact = () => {
    setAskingContact(false)
    focusDetail('email')
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const [wrong] = wrongFields(details)
    const [missing] = missingAnswers(asked.questions, details.answers ?? {})
    const isWhole = wrong === undefined && missing === undefined
    setAskingContact(isWhole && isUnreachable)
    if (wrong !== undefined) focusDetail(wrong)
    else if (missing !== undefined) focusQuestion(missing.id)
    else if (!isUnreachable) changes.start('confirm')
  }
  return (
    <section className={classes.panel} aria-labelledby="held-title">
      <div>
        <FocusedTitle id="held-title">{t('held.title')}</FocusedTitle>
        <HeldFacts attempt={state.attempt} doctor={doctor} when={when} />
      </div>
      <Countdown
        state={state}
        isBusy={hold.isBusy}
        extensionsMax={extensionsMax}
        error={changes.errorOf('extend')}
        onExtend={() => changes.start('extend')}
      />
      <form onSubmit={submit} noValidate>
        <DetailsFields details={details} clinic={clinic} onChange={change} isTried={isTried} refused={refused}>
          <WhoFor {...person.choice} name={details.name} onName={(name) => change({ name })} />
        </DetailsFields>
        <Box mt="xl">
          <AskedFields
            title={t('details.questions')}
            {...asked}
            typed={details.answers ?? {}}
            isTried={isTried}
            onChange={(answers) => change({ answers })}
          />
        </Box>
        {error === null || refused !== null || asked.refused !== null || isOverlap ? null : (
          <div style={{ marginBlockStart: '1rem' }}>
            <ErrorState error={error} help={isFinal(error) ? undefined : t('requesting.retrying')} />
          </div>
        )}
        {visitType !== undefined && isRequested ? <RequestHelp of={visitType} /> : null}
        {isOverlap || (isAskingContact && isUnreachable) ? (
          <Suspense fallback={null}>
            <HeldQuestion
              overlap={isOverlap ? error : null}
              timeZone={clinic.timezone}
              isBusy={hold.isBusy}
              onBook={() => {
                if (isOverlap) mayOverlap.current = true
                changes.start('confirm')
              }}
              onOther={isOverlap ? hold.release : addContact}
            />
          </Suspense>
        ) : (
          <Buttons hold={hold} isRequested={isRequested} />
        )}
      </form>
    </section>
  )
}

function Buttons({ hold, isRequested }: { hold: Hold; isRequested: boolean }) {
  const { t } = useTranslation('booking')
  return (
    <Group mt="xl" gap="sm">
      <ActionButton type="submit" isBusy={hold.isBusy}>
        {t(isRequested ? 'held.request' : 'held.confirm')}
      </ActionButton>
      <ActionButton variant="default" onClick={hold.release} disabled={hold.isBusy}>
        {t('held.release')}
      </ActionButton>
    </Group>
  )
}

/** What happens after a request. */
function RequestHelp({ of: { approval, approvalMinutes } }: { of: VisitType }) {
  const { t } = useTranslation('booking')
  const help = approval === 'not_holding' ? 'held.requestHelpNotHeld' : 'held.requestHelp'
  return <Text mt="md">{t(help, { time: formatMinutes(approvalMinutes) })}</Text>
}

/** What is held: when, with whom, how long, and what it costs. */
function HeldFacts({ attempt, doctor, when }: { attempt: Attempt; doctor: Doctor; when: string }) {
  const { t } = useTranslation(['booking', 'shell'])
  const { startsAt, endsAt, visitTypeId } = attempt.slot
  return (
    <>
      <Text size="lg" fw={600}>
        {when}
      </Text>
      <ul className={classes.facts}>
        <li>
          <bdi>{doctor.name}</bdi>
        </li>
        <li>{t(`shell:appointmentType.${attempt.appointmentType}`)}</li>
        <li>{formatMinutes((Date.parse(endsAt) - Date.parse(startsAt)) / 60_000)}</li>
        {doctor.fee === null || visitTypeId !== undefined ? null : (
          <li>{t('about.fee', { fee: formatMoney(doctor.fee) })}</li>
        )}
      </ul>
      {visitTypeId === undefined ? null : (
        <Suspense fallback={null}>
          <HeldVisit visitTypeId={visitTypeId} doctor={doctor} />
        </Suspense>
      )}
    </>
  )
}

type CountdownProps = {
  state: Held
  isBusy: boolean
  extensionsMax: number
  /** Why the last request for more time failed; null: it did not. */
  error: unknown
  onExtend: () => void
}

/** The time left, and the button that adds more, from the start (WCAG 2.2.1). */
function Countdown({ state, isBusy, extensionsMax, error, onExtend }: CountdownProps) {
  const { t } = useTranslation('booking')
  const seconds = useSecondsLeft(state.holdExpiresAt)
  const { extensions } = state.attempt
  const canExtend = extensions < extensionsMax
  const ref = useHeightForFields()
  return (
    <div ref={ref} className={classes.countdown} data-urgent={seconds <= urgentSeconds || undefined}>
      <Text component="span">
        <span aria-hidden="true">{t('held.timeLeft')}</span>{' '}
        <span className={classes.clock} role="timer" aria-label={t('held.timeLeft')}>
          {formatCountdown(seconds)}
        </span>
      </Text>
      {extensionsMax === 0 ? null : (
        // After the last extension it stays, because it has the focus.
        <ActionButton size="sm" variant="default" disabled={!canExtend} isBusy={isBusy} onClick={onExtend}>
          {t(canExtend ? 'held.extend' : 'held.extendedFully')}
        </ActionButton>
      )}
      {error === null ? null : <ExtensionError error={error} />}
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

/** Tells the panel how much of it is covered on phones, where the fields scroll under the countdown. */
function useHeightForFields(): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const countdown = ref.current
    if (countdown === null) return
    const note = () => countdown.parentElement?.style.setProperty('--countdown-height', `${countdown.offsetHeight}px`)
    const observer = new ResizeObserver(note)
    observer.observe(countdown)
    return () => observer.disconnect()
  }, [])
  return ref
}

/** It is shown beside the button, because on phones the rest of the panel may be out of sight. */
function ExtensionError({ error }: { error: unknown }) {
  const { t } = useTranslation(['booking', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const { title, help } = problemMessage(error, tProblem)
  return (
    <Text role="alert" size="sm" w="100%">
      <strong>{title}.</strong> {isFinal(error) ? help : t('requesting.retrying')}
    </Text>
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
