import type { Booking, BookingMovesDone } from '@holdfast/contract/client'
import { daysBetween } from '@holdfast/vocabulary'
import { Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PatientName } from '../../../domain/bookings/patient-name.tsx'
import { reasonKey } from '../../../domain/series/refusal-text.ts'
import { formatDayTime, formatTime } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { EndTimeField, TimeField } from '../../../ui/fields/time-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { isInRange } from '../shared/fields/number-field.tsx'
import { useClinic } from '../use-clinic.ts'
import { bookingsIn, movesOf } from './moved-times.ts'
import { useLastMoves, useMoves } from './use-moves.ts'

type MoveSeveralProps = { doctorId: string; day: string; bookings: readonly Booking[]; onClose: () => void }

type Form = { from: string; until: string; day: string; minutes: number | string; doctorId: string }

const minutesRange = { min: -720, max: 720 }

/** Moves the appointments of a part of a doctor's day, after a look at which times are free. */
export function MoveSeveral({ doctorId, day, bookings, onClose }: MoveSeveralProps) {
  const { t } = useTranslation('series')
  const { clinicId, timeZone } = useClinic()
  const { preview, move } = useMoves(clinicId)
  const { keep } = useLastMoves(clinicId)
  const [form, setForm] = useState<Form>({ from: '12:00', until: '24:00', day, minutes: 30, doctorId })
  const chosen = bookingsIn(bookings, form, timeZone)
  const to = form.doctorId === doctorId ? {} : { doctorId: form.doctorId }
  const shift = shiftOf(form, day)
  const isShifted = shift !== null && (shift.days !== 0 || shift.minutes !== 0 || form.doctorId !== doctorId)
  const moves = isShifted ? movesOf(chosen, shift, timeZone) : []
  const free = preview.data?.changes.filter(({ outcome }) => outcome === 'free') ?? []
  const apply = () => {
    const wanted = free.map(({ bookingId, startsAt }) => ({ bookingId, startsAt }))
    const onSuccess = ({ changes }: BookingMovesDone) => {
      const moved = new Set(changes.filter(({ outcome }) => outcome === 'moved').map((one) => one.bookingId))
      const back = preview.variables?.bookings.filter(({ id }) => moved.has(id)) ?? []
      if (back.length > 0) {
        keep({ day, count: back.length, back: { moves: movesOf(back, { days: 0, minutes: 0 }, timeZone), doctorId } })
      }
      if (moved.size === changes.length) onClose()
    }
    move.mutate({ moves: wanted, ...to }, { onSuccess })
  }
  const shown = move.data ?? preview.data
  return (
    <Dialog isForm isOpen title={t('several.title')} onClose={onClose} size="lg">
      <Stack gap="md">
        <Text>{t('several.help')}</Text>
        <Fields
          form={form}
          onChange={(part) => {
            preview.reset()
            move.reset()
            setForm({ ...form, ...part })
          }}
        />
        {chosen.length === 0 && shown === undefined ? <Text role="status">{t('several.none')}</Text> : null}
        {shown === undefined ? null : <Changes of={shown} from={preview.variables?.bookings ?? []} />}
        {preview.isError ? <ErrorState error={preview.error} /> : null}
        {move.isError ? <ErrorState error={move.error} /> : null}
        <Group gap="sm">
          {free.length > 0 && move.data === undefined ? (
            <ActionButton isBusy={move.isPending} onClick={apply}>
              {t('move.confirm')}
            </ActionButton>
          ) : (
            <ActionButton
              variant="default"
              isBusy={preview.isPending}
              disabled={moves.length === 0 || preview.data !== undefined}
              onClick={() => preview.mutate({ moves, ...to, bookings: chosen })}
            >
              {t('several.preview')}
            </ActionButton>
          )}
        </Group>
      </Stack>
    </Dialog>
  )
}

/** By how much the appointments of a day move; null: a field is empty or out of range. */
function shiftOf(form: Form, day: string) {
  if (form.day === '' || !isInRange(form.minutes, minutesRange.min, minutesRange.max)) return null
  return { days: daysBetween(day, form.day) - 1, minutes: Number(form.minutes) }
}

function Fields({ form, onChange }: { form: Form; onChange: (part: Partial<Form>) => void }) {
  const { t } = useTranslation('series')
  const { doctors } = useClinic()
  return (
    <>
      <div className={layoutClasses.shortFields}>
        <TimeField label={t('several.from')} value={form.from} onChange={(from) => onChange({ from })} />
        <EndTimeField label={t('several.until')} value={form.until} onChange={(until) => onChange({ until })} />
      </div>
      <div className={layoutClasses.shortFields}>
        <DateField label={t('several.day')} value={form.day} onChange={(day) => onChange({ day })} />
        <BoundedNumber
          label={t('several.minutes')}
          {...minutesRange}
          allowDecimal={false}
          value={form.minutes}
          onChange={(minutes) => onChange({ minutes })}
        />
      </div>
      <NativeSelect
        size="md"
        label={t('several.doctor')}
        value={form.doctorId}
        onChange={({ currentTarget }) => onChange({ doctorId: currentTarget.value })}
        data={doctors.map(({ id, name }) => ({ value: id, label: name }))}
      />
    </>
  )
}

/** What becomes of each appointment, of those that stay with the reason. */
function Changes({ of: { changes }, from }: { of: BookingMovesDone; from: readonly Booking[] }) {
  const { t } = useTranslation('series')
  const { timeZone } = useClinic()
  return (
    <ol aria-label={t('move.preview')} style={{ margin: 0, paddingInlineStart: '1.5em' }}>
      {changes.map(({ bookingId, outcome, startsAt, code }) => {
        const booking = from.find(({ id }) => id === bookingId)
        if (booking === undefined) return null
        const at = formatTime(booking.startsAt, timeZone)
        return (
          <li key={bookingId}>
            <PatientName of={booking} />
            {' · '}
            {outcome === 'unchanged'
              ? `${at}: ${t('move.unchanged', { reason: t(reasonKey(code)) })}`
              : t('move.to', { from: at, to: formatDayTime(startsAt, timeZone) })}
          </li>
        )
      })}
    </ol>
  )
}
