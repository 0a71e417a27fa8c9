import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../lib/api.ts'
import { bookingsQuery } from '../../lib/clinic-queries.ts'
import { daysBetween, parseDay } from '../../lib/local-time.ts'
import layoutClasses from '../../ui/layout.module.css'
import { Withdrawal } from './withdrawal.tsx'

const daysMax = 62

type WithdrawDaysProps = { doctorId: string; clinicId: string; timeZone: string; today: string }

/** Withdraws all slots of some days, after a preview of the bookings it would affect. */
export function WithdrawDays({ doctorId, clinicId, timeZone, today }: WithdrawDaysProps) {
  const { t } = useTranslation('schedule')
  const [from, setFrom] = useState(today)
  const [to, setTo] = useState(today)
  const [asked, setAsked] = useState<{ from: string; to: string } | null>(null)
  const known = useQuery({
    ...bookingsQuery(clinicId, { from: asked?.from ?? today, to: asked?.to ?? today, doctorId }),
    enabled: asked !== null,
  })
  const isWrong = parseDay(from) === null || parseDay(to) === null || to < from || daysBetween(from, to) > daysMax
  return (
    <section className={layoutClasses.panel} aria-labelledby="withdraw-days">
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="withdraw-days">
            {t('withdraw.title')}
          </Title>
          <Text c="dimmed">{t('withdraw.intro')}</Text>
        </div>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (!isWrong) setAsked({ from, to })
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
                onChange={({ currentTarget }) => {
                  setAsked(null)
                  setFrom(currentTarget.value)
                  if (to < currentTarget.value) setTo(currentTarget.value)
                }}
              />
              <TextInput
                type="date"
                label={t('rule.to')}
                required
                withAsterisk={false}
                min={from}
                value={to}
                error={isWrong ? t('rule.daysInvalid', { count: daysMax }) : null}
                onChange={({ currentTarget }) => {
                  setAsked(null)
                  setTo(currentTarget.value)
                }}
              />
            </div>
            {asked === null ? (
              <Group>
                <Button type="submit" variant="default">
                  {t('withdraw.preview')}
                </Button>
              </Group>
            ) : null}
          </Stack>
        </form>
        {asked === null ? null : (
          <Withdrawal
            of={`${doctorId} ${asked.from} ${asked.to}`}
            doctorId={doctorId}
            clinicId={clinicId}
            timeZone={timeZone}
            known={known.data?.items ?? []}
            run={(how) => ask(api.withdrawSlotsOfDoctor({ path: { doctorId }, query: { ...asked, ...how } }))}
            onDone={() => setAsked(null)}
            onBack={() => setAsked(null)}
          />
        )}
      </Stack>
    </section>
  )
}
