import type { BookedSince, Booking, OpenSession, Slot } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { instantOf, localDateTime } from '../../lib/time/local-time.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { DateField } from '../../ui/fields/date-field.tsx'
import { EndTimeField, TimeField } from '../../ui/fields/time-field.tsx'
import { focusPageTitle } from '../../ui/focus/page-focus.ts'
import layoutClasses from '../../ui/layout.module.css'
import { useWithdrawalTexts } from '../slots/use-withdrawal-texts.ts'
import { Withdrawal } from '../slots/withdrawal.tsx'
import { CreateInHours } from './create-in-hours.tsx'
import type { DayHours } from './slot-calendar.tsx'

type HoursDialogProps = {
  /** The hours with which it opens; null: it is closed. */
  hours: DayHours | null
  /** The days that can be chosen: those whose slots are known. */
  firstDay: string
  lastDay: string
  slots: readonly Slot[]
  sessions: readonly OpenSession[]
  doctorId: string
  clinicId: string
  timeZone: string
  /** See {@link DoctorCalendar}. */
  moveOf?: ((booking: Booking, onOpen: () => void) => ReactNode) | undefined
  /** See AffectedList. */
  sinceOf?: ((since: BookedSince) => ReactNode) | undefined
  onClose: () => void
}

/** Some hours of a day: creates slots in them, or withdraws those that are there, each after a preview. */
export function HoursDialog({ hours, onClose, ...rest }: HoursDialogProps) {
  const { t } = useTranslation('schedule')
  return (
    <Dialog isOpen={hours !== null} onClose={onClose} size="lg" title={t('hours.open')}>
      {hours === null ? null : (
        <Hours key={`${hours.day} ${hours.from} ${hours.to}`} first={hours} onClose={onClose} {...rest} />
      )}
    </Dialog>
  )
}

type HoursProps = Omit<HoursDialogProps, 'hours'> & { first: DayHours }

function Hours(props: HoursProps) {
  const { first, firstDay, lastDay, slots, sessions, doctorId, clinicId, timeZone, moveOf, sinceOf, onClose } = props
  const { t } = useTranslation('schedule')
  const texts = useWithdrawalTexts()
  const [hours, setHours] = useState(first)
  const [step, setStep] = useState<'choose' | 'create' | 'withdraw'>('choose')
  const { day, from, to } = hours
  const isValid = day >= firstDay && day <= lastDay && from !== '' && to > from
  const isOver = isValid && Date.parse(instantOf(day, to, timeZone)) <= serverNow()
  const here = isValid ? slots.filter((slot) => isWithin(slot, hours, timeZone)) : []
  const open = isValid ? sessions.filter((session) => isOpenWithin(session, hours, timeZone)).length : 0
  const found = { slots: here.length, sessions: open }
  const finish = () => {
    onClose()
    // The calendar has changed, and with it the slot or button that opened this.
    focusPageTitle()
  }
  if (step === 'create') {
    return (
      <CreateInHours
        hours={hours}
        slots={slots}
        doctorId={doctorId}
        clinicId={clinicId}
        timeZone={timeZone}
        onBack={() => setStep('choose')}
        onDone={finish}
      />
    )
  }
  if (step === 'withdraw') {
    const startsFrom = instantOf(day, from, timeZone)
    const startsBefore = instantOf(day, to, timeZone)
    const query = { from: day, to: day, startsFrom, startsBefore }
    return (
      <Withdrawal
        of={`${doctorId} ${startsFrom} ${startsBefore}`}
        doctorId={doctorId}
        clinicId={clinicId}
        timeZone={timeZone}
        moveOf={moveOf && ((booking) => moveOf(booking, onClose))}
        days={{ from: day, to: day }}
        sinceOf={sinceOf}
        run={(how, headers) =>
          dataOf(api.withdrawSlotsOfDoctor({ path: { doctorId }, query: { ...query, ...how }, headers }))
        }
        onDone={finish}
        onBack={() => setStep('choose')}
      />
    )
  }
  return (
    <Stack gap="md">
      <HoursFields hours={hours} firstDay={firstDay} lastDay={lastDay} onChange={setHours} />
      <Text role="status">{isOver ? t('hours.past') : <Found {...found} />}</Text>
      <Group gap="sm">
        <Button
          variant={here.length + open === 0 ? 'filled' : 'default'}
          disabled={!isValid || isOver}
          onClick={() => setStep('create')}
        >
          {t('hours.create')}
        </Button>
        {here.length + open === 0 ? null : (
          <Button variant="default" onClick={() => setStep('withdraw')}>
            {texts.submit(found)}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

/** Slots that start in the hours and have not begun, which are the ones that can be withdrawn. */
function isWithin({ startsAt }: Slot, { day, from, to }: DayHours, timeZone: string): boolean {
  const local = localDateTime(startsAt, timeZone).slice(0, 16)
  return local >= `${day} ${from}` && local < `${day} ${to}` && Date.parse(startsAt) > serverNow()
}

/** Open sessions that are open at some time of the hours, and are not over. */
function isOpenWithin({ startsAt, endsAt }: OpenSession, { day, from, to }: DayHours, timeZone: string): boolean {
  const local = (at: string) => localDateTime(at, timeZone).slice(0, 16)
  return local(startsAt) < `${day} ${to}` && local(endsAt) > `${day} ${from}` && Date.parse(endsAt) > serverNow()
}

function Found({ slots, sessions }: { slots: number; sessions: number }) {
  const { t } = useTranslation('schedule')
  const ofSlots = slots === 0 ? t('hours.none') : t('hours.count', { count: slots })
  if (sessions === 0) return ofSlots
  const ofSessions = t('withdraw.openSessions', { count: sessions })
  return slots === 0 ? ofSessions : `${ofSlots} · ${ofSessions}`
}

type FieldsProps = { hours: DayHours; firstDay: string; lastDay: string; onChange: (hours: DayHours) => void }

function HoursFields({ hours, firstDay, lastDay, onChange }: FieldsProps) {
  const { t } = useTranslation('schedule')
  const { day, from, to } = hours
  return (
    <div className={layoutClasses.shortFields}>
      <DateField
        data-autofocus
        label={t('hours.day')}
        min={firstDay}
        max={lastDay}
        value={day}
        error={day < firstDay || day > lastDay ? t('rule.dayInvalid') : null}
        onChange={(value) => onChange({ ...hours, day: value })}
      />
      <TimeField label={t('hours.from')} value={from} onChange={(value) => onChange({ ...hours, from: value })} />
      <EndTimeField
        label={t('hours.to')}
        value={to}
        error={to <= from ? t('rule.endInvalid') : null}
        onChange={(value) => onChange({ ...hours, to: value })}
      />
    </div>
  )
}
