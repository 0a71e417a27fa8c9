import type { Booking } from '@holdfast/contract/client'
import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api.ts'
import { bookingsQuery } from '../../lib/clinic-queries.ts'
import { daysBetween, parseDay } from '../../lib/local-time.ts'
import layoutClasses from '../../ui/layout.module.css'
import { Withdrawal } from './withdrawal.tsx'

const daysMax = 62

type Days = { from: string; to: string }

type WithdrawDaysProps = {
  doctorId: string
  clinicId: string
  timeZone: string
  today: string
  /** Renders a link for moving a booking. */
  moveOf?: (booking: Booking) => ReactNode
}

/** Withdraws all slots of some days, after a preview of the bookings it would affect. */
export function WithdrawDays({ doctorId, clinicId, timeZone, today, moveOf }: WithdrawDaysProps) {
  const { t } = useTranslation('schedule')
  const [days, setDays] = useState<Days | null>(null)
  const titleRef = useRef<HTMLHeadingElement>(null)
  const close = () => {
    setDays(null)
    titleRef.current?.focus()
  }
  const known = useQuery({
    ...bookingsQuery(clinicId, { from: days?.from ?? today, to: days?.to ?? today, doctorId }),
    enabled: days !== null,
  })
  return (
    <section className={layoutClasses.panel} aria-labelledby="withdraw-days">
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="withdraw-days" tabIndex={-1} ref={titleRef}>
            {t('withdraw.title')}
          </Title>
          <Text c="dimmed">{t('withdraw.intro')}</Text>
        </div>
        <DaysForm today={today} isPreviewed={days !== null} onChange={() => setDays(null)} onPreview={setDays} />
        {days === null ? null : (
          <Withdrawal
            of={`${doctorId} ${days.from} ${days.to}`}
            doctorId={doctorId}
            clinicId={clinicId}
            timeZone={timeZone}
            known={known.data?.items ?? []}
            moveOf={moveOf}
            run={(how) => dataOf(api.withdrawSlotsOfDoctor({ path: { doctorId }, query: { ...days, ...how } }))}
            onDone={close}
            onBack={close}
          />
        )}
      </Stack>
    </section>
  )
}

type DaysFormProps = { today: string; isPreviewed: boolean; onChange: () => void; onPreview: (days: Days) => void }

function DaysForm({ today, isPreviewed, onChange, onPreview }: DaysFormProps) {
  const { t } = useTranslation('schedule')
  const [{ from, to }, setDays] = useState<Days>({ from: today, to: today })
  const isInvalid = parseDay(from) === null || parseDay(to) === null || to < from || daysBetween(from, to) > daysMax
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
          <TextInput
            type="date"
            label={t('rule.from')}
            required
            withAsterisk={false}
            value={from}
            onChange={({ currentTarget: { value } }) => change({ from: value, to: to < value ? value : to })}
          />
          <TextInput
            type="date"
            label={t('rule.to')}
            required
            withAsterisk={false}
            min={from}
            value={to}
            error={isInvalid ? t('rule.daysInvalid', { count: daysMax }) : null}
            onChange={({ currentTarget }) => change({ from, to: currentTarget.value })}
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
