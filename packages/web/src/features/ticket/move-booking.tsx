import type { Booking, Clinic, Doctor, Slot, VisitType } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Group, Paper, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useBookingChanges } from '../../domain/bookings/use-booking-changes.ts'
import { CallClinic } from '../../domain/clinics/call-clinic.tsx'
import { WeekOfTimes } from '../../domain/free-times/week-of-times.tsx'
import { isOverlap, LazyOverlapQuestion } from '../../domain/overlap/lazy-overlap-question.tsx'
import { offeredVisit } from '../../domain/visits/offered-visits.ts'
import { timeIdOf } from '../../domain/visits/visit-times-query.ts'
import { visitTypeQuery } from '../../domain/visits/visit-type-queries.ts'
import { WeekOfVisits } from '../../domain/visits/week-of-visits.tsx'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { ChooseColleague } from './choose-colleague.tsx'
import type { Moved } from './moved-notice.tsx'

type MoveProps = {
  booking: Booking
  doctor: Doctor
  clinic: Clinic
  link: TicketLink
  onMoved: (moved: Moved) => void
  onKeep: () => void
}

/** Moves a booking atomically to another time: of the same doctor, or of a colleague of one who takes no bookings. */
export function MoveBooking({ booking, doctor, clinic, link, onMoved, onKeep }: MoveProps) {
  const { t } = useTranslation('ticket')
  const { move } = useBookingChanges(link)
  const [from, setFrom] = useState(() => localDay(booking.startsAt, clinic.timezone))
  const [colleague, setColleague] = useState<Doctor | null>(null)
  const [chosen, setChosen] = useState<Slot | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const topRef = useFocusOnSlots()
  const describe = (startsAt: string) => formatDayTime(startsAt, clinic.timezone)
  const submit = async (slot: Slot, mayOverlap = false) => {
    setBusy(true)
    setError(null)
    try {
      const { startsAt } = booking
      const moved = await move(slot.id, mayOverlap)
      onMoved({
        before: { timeId: timeIdOf(booking), startsAt },
        after: { startsAt: moved.startsAt },
        isUndone: false,
        colleague: colleague?.name ?? null,
      })
    } catch (refusal) {
      setError(refusal)
      if (!isOverlap(refusal)) setChosen(null)
    } finally {
      setBusy(false)
    }
  }
  const onOther = () => {
    setError(null)
    setChosen(null)
  }
  const question = { error, asked: 'patient', what: 'move', timeZone: clinic.timezone, isBusy, onOther } as const
  const keep = (
    <ActionButton variant="default" disabled={isBusy} onClick={onKeep}>
      {t('move.keep')}
    </ActionButton>
  )
  return (
    <Stack gap="lg" mt="xl" ref={topRef}>
      {error === null || isOverlap(error) ? null : <ErrorState error={error} />}
      {chosen !== null && isOverlap(error) ? (
        <LazyOverlapQuestion {...question} onProceed={() => submit(chosen, true)} />
      ) : chosen === null ? (
        <>
          <Group justify="space-between" gap="sm">
            <Text>{t('move.current', { when: describe(booking.startsAt) })}</Text>
            {keep}
          </Group>
          <TimesToMoveTo
            {...{ booking, doctor, clinic, link, colleague }}
            onColleague={setColleague}
            from={from}
            onFrom={setFrom}
            onChoose={setChosen}
          />
        </>
      ) : (
        <Confirmation
          text={t(colleague === null ? 'move.help' : 'move.helpColleague', {
            before: describe(booking.startsAt),
            after: describe(chosen.startsAt),
            name: isolated(colleague?.name ?? ''),
          })}
          isBusy={isBusy}
          onConfirm={() => submit(chosen)}
          onBack={() => setChosen(null)}
        >
          {keep}
        </Confirmation>
      )}
    </Stack>
  )
}

type TimesProps = Omit<MoveProps, 'onMoved' | 'onKeep'> & {
  colleague: Doctor | null
  onColleague: (colleague: Doctor | null) => void
  from: string
  onFrom: (from: string) => void
  onChoose: (slot: Slot) => void
}

/**
 * The times of the doctor, or of a colleague, who is chosen first: slots, or those of the visit type of the booking.
 */
function TimesToMoveTo({ booking, doctor, clinic, colleague, onColleague, ...week }: TimesProps) {
  const visitType = useQuery(visitTypeQuery(booking))
  const target = doctor.active ? doctor : colleague
  if (booking.visitTypeId !== undefined && visitType.data === undefined) return <LoadingOrError of={visitType} />
  return (
    <>
      {doctor.active ? null : (
        <ChooseColleague
          {...{ booking, doctor, clinic, visitType: visitType.data }}
          chosen={colleague}
          onChoose={onColleague}
        />
      )}
      {target === null ? null : (
        <Week key={target.id} {...{ booking, doctor: target, clinic, visitType: visitType.data }} {...week} />
      )}
    </>
  )
}

type WeekProps = Omit<TimesProps, 'colleague' | 'onColleague'> & { visitType: VisitType | undefined }

function Week({ booking, doctor, clinic, link, visitType, ...week }: WeekProps) {
  const { t } = useTranslation('ticket')
  const shown = { ...week, clinic, exceptSlotId: timeIdOf(booking) }
  if (visitType === undefined) return <WeekOfTimes doctorId={doctor.id} {...shown} />
  const visit = offeredVisit(visitType, doctor)
  if (visit?.appointmentTypes.includes(booking.appointmentType))
    return <WeekOfVisits doctor={doctor} visit={visit} moved={link} {...shown} />
  return (
    <>
      <Text>{t('move.notOffered', { name: isolated(doctor.name) })}</Text>
      <CallClinic clinic={clinic} />
    </>
  )
}

/** Moves the focus to the slots and scrolls to what is above them: they are below the ticket. */
function useFocusOnSlots() {
  const topRef = useRef<HTMLDivElement>(null)
  useEffect(() => {
    document.getElementById('times-title')?.focus({ preventScroll: true })
    topRef.current?.scrollIntoView({ block: 'start' })
  }, [])
  return topRef
}

type ConfirmationProps = {
  text: string
  isBusy: boolean
  onConfirm: () => void
  onBack: () => void
  children: ReactNode
}

function Confirmation({ text, isBusy, onConfirm, onBack, children }: ConfirmationProps) {
  const { t } = useTranslation('ticket')
  return (
    <Paper withBorder p="xl" radius="lg" maw="44rem">
      <Stack gap="md">
        <FocusedTitle id="move-title">{t('move.title')}</FocusedTitle>
        <Text>{text}</Text>
        <Group gap="sm">
          <ActionButton isBusy={isBusy} onClick={onConfirm}>
            {t('move.confirm')}
          </ActionButton>
          <ActionButton variant="default" disabled={isBusy} onClick={onBack}>
            {t('move.other')}
          </ActionButton>
          {children}
        </Group>
      </Stack>
    </Paper>
  )
}
