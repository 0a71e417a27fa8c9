import type { Clinic, Slot } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { ActionIcon, Group, Skeleton, Text, Title } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useDeferredValue, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatTime, formatZone, ownTimeZone } from '../../lib/i18n/format.ts'
import { useLiveSlots } from '../../lib/live/use-live-slots.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { DateField } from '../../ui/fields/date-field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LiveNote } from '../../ui/live-note.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { DayOfTimes } from './day-of-times.tsx'
import { DayStrip } from './day-strip.tsx'
import { type ChosenSlot, NoTimes } from './no-times.tsx'
import { slotsOfWeekQuery } from './slots-of-week-query.ts'
import { useStable } from './use-stable.ts'
import { daysShown, isBookable, weekDays } from './week-days.ts'
import classes from './week-of-times.module.css'

export type WeekOfTimesProps = {
  doctorId: string
  clinic: Clinic
  /** First day shown, YYYY-MM-DD, in the clinic's zone. */
  from: string
  onFrom: (from: string) => void
  onChoose: (slot: Slot) => void
  /** A slot that cannot be chosen, such as the one that a booking is moved from. */
  exceptSlotId?: string
  /** Of visits in open sessions: the times of the days shown, and what is said where none of them is free. */
  visits?: { query: ReturnType<typeof slotsOfWeekQuery>; none: (onRead: () => void) => ReactNode }
  /** Offers colleagues who are free earlier, and the waitlist, in a week without free times. */
  onColleague?: (slot: ChosenSlot) => void
}

/**
 * A week of a doctor's slots in the clinic's time zone, updated live. The week is one tab stop; arrow keys move between
 * slots.
 */
export function WeekOfTimes(props: WeekOfTimesProps) {
  const { doctorId, clinic, from, onFrom, visits } = props
  const { t } = useTranslation('booking')
  const slots = useQuery(visits?.query ?? slotsOfWeekQuery(doctorId, from))
  const live = useLiveSlots([doctorId])
  const now = serverNow()
  // The frame and the response to a click are painted before hundreds of slots are rendered.
  const read = useMemo(() => (slots.data === undefined ? null : { from, items: slots.data.items }), [slots.data, from])
  const drawn = useDeferredValue(read, null)
  return (
    <section aria-labelledby="times-title">
      <div className={classes.bar}>
        <div>
          <Title order={2} id="times-title" tabIndex={-1}>
            {t('week.title')}
          </Title>
          <ZoneNote from={from} timeZone={clinic.timezone} />
        </div>
        <WeekNavigation from={from} today={localDay(now, clinic.timezone)} onFrom={onFrom} />
      </div>
      <Text size="sm" mt="sm" mb="xs">
        <LiveNote state={live} of={slots} />
      </Text>
      {slots.isError && slots.data === undefined ? (
        <ErrorState error={slots.error} retry={() => void slots.refetch()} />
      ) : drawn === null || drawn.from !== from ? (
        <Skeleton height="24rem" radius="lg" />
      ) : (
        <Week key={from} {...props} slots={drawn.items} now={now} />
      )}
    </section>
  )
}

type WeekProps = WeekOfTimesProps & { slots: Slot[]; now: number }

function Week({ doctorId, slots, from, clinic, now, onFrom, onChoose, exceptSlotId, visits, onColleague }: WeekProps) {
  const [focusedId, setFocusedId] = useState<string | null>(null)
  const [refused, setRefused] = useState<{ slot: Slot; nth: number } | null>(null)
  const choose = useStable(onChoose)
  const refuse = useStable((slot: Slot) => setRefused({ slot, nth: (refused?.nth ?? 0) + 1 }))
  const focus = useCallback((slotId: string) => {
    setFocusedId(slotId)
    setRefused((before) => (before?.slot.id === slotId ? before : null))
  }, [])
  // Recomputed once a minute: an arrow key must not sort hundreds of slots.
  const minute = Math.floor(now / 60_000) * 60_000
  const days = useMemo(() => weekDays(slots, from, clinic.timezone, minute), [slots, from, clinic.timezone, minute])
  const canBeChosen = (slot: Slot) => slot.id !== exceptSlotId && isBookable(slot, clinic.settings, now)
  const all = days.flatMap(({ morning, afternoon }) => [...morning, ...afternoon])
  const isFree = all.some(canBeChosen)
  const [isReading, setReading] = useState(!isFree)
  const onRead = useCallback(() => setReading(false), [])
  if (isFree && isReading) onRead()
  const stop = all.find(({ id }) => id === focusedId) ?? all.find(canBeChosen) ?? all[0]
  // `8:45`, but `8:45 am` elsewhere.
  const isLong = formatTime(`${from}T10:30:00Z`, 'UTC').length > 5
  return (
    <>
      {isFree ? (
        <DayStrip days={days} canBeChosen={canBeChosen} />
      ) : visits ? (
        visits.none(onRead)
      ) : (
        <NoTimes
          doctorId={doctorId}
          clinic={clinic}
          from={from}
          onFrom={onFrom}
          onColleague={onColleague}
          onRead={onRead}
        />
      )}
      {isReading ? (
        <Skeleton height="24rem" radius="lg" />
      ) : all.length === 0 ? null : (
        <div className={classes.week} data-week data-long={isLong || undefined}>
          {days.map((day) => (
            <DayOfTimes
              key={day.date}
              day={day}
              timeZone={clinic.timezone}
              canBeChosen={canBeChosen}
              stopId={stop?.id ?? null}
              onFocus={focus}
              onChoose={choose}
              onRefused={refuse}
            />
          ))}
        </div>
      )}
      <div role="status" className={classes.refused}>
        {refused === null ? null : <Refused key={refused.nth} slot={refused.slot} timeZone={clinic.timezone} />}
      </div>
    </>
  )
}

/** Why nothing happens: the time may have been taken while it was pressed. The focus stays on it. */
function Refused({ slot, timeZone }: { slot: Slot; timeZone: string }) {
  const { t } = useTranslation('booking')
  const time = formatTime(slot.startsAt, timeZone)
  return <span>{t(slot.available > 0 ? 'week.cannotBeBooked' : 'week.isTaken', { time })}</span>
}

/** The clinic's time zone, with a note if the reader's differs. */
export function ZoneNote({ from, timeZone }: { from: string; timeZone: string }) {
  const { t } = useTranslation('booking')
  const noon = `${from}T12:00:00Z`
  const [zone, ownZone] = [formatZone(noon, timeZone), formatZone(noon, ownTimeZone())]
  const isSame = formatZone(noon, timeZone, 'offset') === formatZone(noon, ownTimeZone(), 'offset')
  return (
    <Text size="sm" c="dimmed">
      {isSame ? t('week.zone', { zone }) : t('week.zones', { zone, own: ownZone })}
    </Text>
  )
}

type NavigationProps = { from: string; today: string; onFrom: (from: string) => void }

/** Moves a week forwards or back, or to any day, never into the past. */
function WeekNavigation({ from, today, onFrom }: NavigationProps) {
  const { t } = useTranslation('booking')
  const go = (date: string) => onFrom(date < today ? today : date)
  return (
    <Group gap="xs" align="end" wrap="nowrap">
      <ActionIcon
        variant="default"
        size={42}
        aria-label={t('week.previous')}
        // The button is not disabled: going back to today would lose the focus.
        aria-disabled={from <= today || undefined}
        {...(from <= today ? { 'data-disabled': true } : {})}
        onClick={() => go(addDays(from, -daysShown))}
      >
        <Icon of={IconChevronLeft} isMirrored />
      </ActionIcon>
      <DateField
        aria-label={t('week.from')}
        value={from}
        min={today}
        onChange={(value) => {
          // The field was cleared, or the date is incomplete.
          if (/^20\d\d-\d\d-\d\d$/.test(value)) go(value)
        }}
      />
      <ActionIcon variant="default" size={42} aria-label={t('week.next')} onClick={() => go(addDays(from, daysShown))}>
        <Icon of={IconChevronRight} isMirrored />
      </ActionIcon>
    </Group>
  )
}
