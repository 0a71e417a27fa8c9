import type { Doctor, Slot, VisitType } from '@holdfast/contract/client'
import { addDays, localDay, mondayOf } from '@holdfast/vocabulary'
import { Checkbox, NativeSelect, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatTime } from '../../lib/i18n/format.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { nameWithSpecialization } from '../../lib/i18n/specialization-name.ts'
import { useLiveSlots } from '../../lib/live/use-live-slots.ts'
import { slotsQuery } from '../../lib/queries/slots-query.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { DayNav } from '../../ui/day-nav.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import type { TicketLink } from '../bookings/ticket-link.ts'
import { useBlockedSlots } from '../busy-calendar/busy-queries.ts'
import { visitTimesQuery } from '../visits/visit-times-query.ts'
import { NextSlot } from './next-slot.tsx'
import { SoonestTimes } from './soonest-times.tsx'
import { TimesByDay } from './times-by-day.tsx'

export type SlotPickerProps = {
  doctors: readonly Doctor[]
  doctorId: string
  /** Absent: the times are those of the one doctor. */
  onDoctor?: ((doctorId: string) => void) | undefined
  timeZone: string
  /** A day of the week that is shown first. Today is the default, and replaces a day before today. */
  firstDay?: string
  /** A time that is chosen by itself if it is free, as it was pointed at elsewhere. */
  wanted?: string | undefined
  chosen: Slot | null
  onChoose: (slot: Slot | null) => void
  units?: number
  /** Slots without a free place can be shown, and chosen, but for those that the doctor's external calendar blocks. */
  canShowFull?: boolean
  /** Its times in the doctor's open sessions are chosen from, instead of slots. */
  visitType?: VisitType | undefined
  /** With `visitType` and several doctors, the times of all of them can be shown, soonest first. */
  ofClinic?: string
  /** A time that is not shown: the booking to be moved has it. */
  without?: string | undefined
  /** The booking to be moved, whose times of `visitType` are shown. */
  moved?: TicketLink
}

/** Chosen instead of a doctor: the times of all, soonest first. */
const anyDoctor = 'any'

/**
 * The times that the clinic can book, of which one can be chosen: for it, a slot is closed when it ends. While
 * `doctorId` is nobody who takes bookings, a doctor has to be chosen first.
 */
export function SlotPicker({ doctors, onDoctor, ofClinic, ...week }: SlotPickerProps) {
  const { t } = useTranslation(['schedule', 'shell'])
  const { timeZone, chosen, onChoose, visitType } = week
  const bookable = doctors.filter(({ active }) => active)
  const doctorId = bookable.find(({ id }) => id === week.doctorId)?.id ?? ''
  const clinicId = bookable.length > 1 ? ofClinic : undefined
  const isAny = week.doctorId === anyDoctor && clinicId !== undefined && visitType !== undefined
  return (
    <Stack gap="md" data-weeks tabIndex={-1}>
      {onDoctor === undefined ? null : (
        <NativeSelect
          label={t('column.doctor')}
          value={isAny ? anyDoctor : doctorId}
          onChange={({ currentTarget }) => {
            onDoctor(currentTarget.value)
            onChoose(null)
          }}
          data={[
            ...(doctorId === '' && !isAny ? [{ value: '', label: t('picker.chooseDoctor') }] : []),
            ...(clinicId && visitType ? [{ value: anyDoctor, label: t('picker.anyDoctor') }] : []),
            ...bookable.map((doctor) => ({ value: doctor.id, label: nameWithSpecialization(doctor) })),
          ]}
        />
      )}
      {isAny ? (
        <SoonestTimes
          {...{ clinicId, timeZone, visitType, chosen, onChoose }}
          byDesk
          labelOf={(slot) => {
            const name = isolated(bookable.find(({ id }) => id === slot.doctorId)?.name ?? '')
            return t('picker.withDoctor', { time: formatTime(slot.startsAt, timeZone), name })
          }}
          texts={{ none: t('picker.noneOfAll'), later: t('picker.later') }}
        />
      ) : doctorId === '' ? (
        onDoctor === undefined ? (
          <Text>{t('shell:noBookings', { name: isolated(doctors[0]?.name ?? '') })}</Text>
        ) : null
      ) : (
        <WeekOfSlots {...week} doctorId={doctorId} />
      )}
    </Stack>
  )
}

type WeekProps = Omit<SlotPickerProps, 'doctors' | 'onDoctor' | 'ofClinic'>

/** A week of a doctor's times, updated live. */
function WeekOfSlots({
  doctorId,
  timeZone,
  chosen,
  onChoose,
  units = 1,
  canShowFull = false,
  without,
  moved,
  visitType,
  ...settings
}: WeekProps) {
  const { t } = useTranslation('schedule')
  const today = localDay(serverNow(), timeZone)
  const { firstDay = today, wanted } = settings
  const [day, setDay] = useState(firstDay > today ? firstDay : today)
  const [showsFull, setShowsFull] = useState(false)
  const monday = mondayOf(day)
  const timesOf = (from: string, to: string) =>
    visitType === undefined
      ? slotsQuery(doctorId, from, to)
      : visitTimesQuery({ doctorId, visitType, from, to, moved }, true)
  const slots = useQuery(timesOf(monday, addDays(monday, 6)))
  useLiveSlots([doctorId])
  const week = { doctorId, from: monday, to: addDays(monday, 6) }
  const blocked = useBlockedSlots(week, slots.data?.items ?? [], showsFull)
  const now = serverNow()
  const isFree = (slot: Slot) => slot.available >= units && Date.parse(slot.endsAt) > now
  const isFull = (slot: Slot) => showsFull && slot.available < units && Date.parse(slot.endsAt) > now
  const shown = (slots.data?.items ?? []).filter(
    (slot) => slot.id !== without && (isFree(slot) || (isFull(slot) && blocked.byId?.has(slot.id) === false)),
  )
  useWanted(wanted, `${doctorId} ${visitType?.id}`, slots.data === undefined ? null : shown, onChoose)
  const labelOf = (slot: Slot) => {
    const time = formatTime(slot.startsAt, timeZone)
    if (!isFree(slot)) return t(slot.available < 1 ? 'picker.full' : 'picker.few', { time })
    return Date.parse(slot.startsAt) > now ? time : t('picker.begun', { time })
  }
  return (
    <>
      <DayNav day={day} today={today} step={7} onChange={setDay} />
      {canShowFull ? (
        <Checkbox
          label={t('picker.withFull')}
          checked={showsFull}
          onChange={({ currentTarget }) => {
            setShowsFull(currentTarget.checked)
            if (chosen !== null && !isFree(chosen)) onChoose(null)
          }}
        />
      ) : null}
      {slots.isError && slots.data === undefined ? (
        <ErrorState error={slots.error} retry={() => void slots.refetch()} />
      ) : showsFull && blocked.query.isError && blocked.byId === undefined ? (
        <ErrorState error={blocked.query.error} retry={() => void blocked.query.refetch()} />
      ) : slots.data === undefined ? (
        <Skeleton height={120} radius="lg" />
      ) : shown.length === 0 ? (
        <>
          <Text role="status" c="dimmed">
            {t('picker.none')}
          </Text>
          <NextSlot
            kind={showsFull ? 'slot' : 'free'}
            timesOf={timesOf}
            after={addDays(monday, 6)}
            timeZone={timeZone}
            fits={(slot) => slot.id !== without && (isFree(slot) || isFull(slot))}
            onShow={setDay}
          />
        </>
      ) : (
        <TimesByDay slots={shown} chosen={chosen} onChoose={onChoose} timeZone={timeZone} labelOf={labelOf} />
      )}
    </>
  )
}

/** Chooses the wanted time once its week is read, anew for another visit type: the last one that it is in. */
function useWanted(
  wanted: string | undefined,
  of: string,
  shown: readonly Slot[] | null,
  onChoose: (slot: Slot) => void,
): void {
  const doneFor = useRef<string | null>(null)
  useEffect(() => {
    if (wanted === undefined || shown === null || doneFor.current === of) return
    doneFor.current = of
    const at = Date.parse(wanted)
    const found = shown.findLast(({ startsAt, endsAt }) => Date.parse(startsAt) <= at && at < Date.parse(endsAt))
    if (found !== undefined) onChoose(found)
  })
}
