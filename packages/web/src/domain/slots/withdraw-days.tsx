import type { BookedSince, Booking } from '@holdfast/contract/client'
import { listedDaysMax } from '@holdfast/vocabulary'
import { Button, Group, Stack } from '@mantine/core'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { DateField } from '../../ui/fields/date-field.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { Panel } from '../../ui/panel.tsx'
import { Withdrawal } from './withdrawal.tsx'
import { type Days, daysOf, isRange, type WithdrawalSearch } from './withdrawal-search.ts'

type WithdrawDaysProps = {
  doctorId: string
  clinicId: string
  timeZone: string
  today: string
  /** The page's search: its days are previewed. */
  search: WithdrawalSearch
  /** Puts the days into the page's search. */
  onDays: (days: Days | null) => void
  /** Renders a link for moving a booking. */
  moveOf?: (booking: Booking) => ReactNode
  rebookOf?: (booking: Booking) => ReactNode
  /** See AffectedList. */
  sinceOf?: (since: BookedSince) => ReactNode
  /** Renders a link to the bookings of these days that are lost. */
  allLostOf?: (days: Days) => ReactNode
}

/** Withdraws all slots of some days, and closes the open sessions, after a preview of the bookings it would affect. */
export function WithdrawDays(props: WithdrawDaysProps) {
  const { doctorId, clinicId, timeZone, today, search, onDays, moveOf, rebookOf, sinceOf, allLostOf } = props
  const { t } = useTranslation('schedule')
  const days = daysOf(search)
  const titleRef = useRef<HTMLHeadingElement>(null)
  const close = () => {
    onDays(null)
    titleRef.current?.focus()
  }
  return (
    <Panel id="withdraw-days" title={t('withdraw.title')} help={t('withdraw.intro')} titleRef={titleRef}>
      <DaysForm
        first={days ?? { from: today, to: today }}
        isPreviewed={days !== null}
        onChange={() => {
          if (days !== null) onDays(null)
        }}
        onPreview={onDays}
      />
      {days === null ? null : (
        <Withdrawal
          key={`${days.from} ${days.to}`}
          of={`${doctorId} ${days.from} ${days.to}`}
          doctorId={doctorId}
          clinicId={clinicId}
          timeZone={timeZone}
          days={days}
          moveOf={moveOf}
          rebookOf={rebookOf}
          sinceOf={sinceOf}
          allLost={allLostOf?.(days)}
          nextAt={search.nextAt}
          run={(how, headers) =>
            dataOf(api.withdrawSlotsOfDoctor({ path: { doctorId }, query: { ...days, ...how }, headers }))
          }
          onDone={close}
          onBack={close}
        />
      )}
    </Panel>
  )
}

type DaysFormProps = { first: Days; isPreviewed: boolean; onChange: () => void; onPreview: (days: Days) => void }

function DaysForm({ first, isPreviewed, onChange, onPreview }: DaysFormProps) {
  const { t } = useTranslation('schedule')
  const [{ from, to }, setDays] = useState<Days>(first)
  const isInvalid = !isRange({ from, to })
  const change = (days: Days) => {
    onChange()
    setDays(days)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!isInvalid) onPreview({ from, to })
      }}
    >
      <Stack gap="md">
        <div className={layoutClasses.shortFields}>
          <DateField
            label={t('rule.from')}
            required
            withAsterisk={false}
            value={from}
            onChange={(value) => change({ from: value, to: to < value ? value : to })}
          />
          <DateField
            label={t('rule.to')}
            required
            withAsterisk={false}
            min={from}
            value={to}
            error={isInvalid && from !== '' && to !== '' ? t('rule.daysInvalid', { count: listedDaysMax }) : null}
            onChange={(value) => change({ from, to: value })}
          />
        </div>
        {isPreviewed ? null : (
          <Group>
            <Button type="submit" variant="default">
              {t('withdraw.preview')}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
