import type { PublicHoliday } from '@holdfast/contract/client'
import { Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { Panel } from '../../ui/panel.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import { closedDays } from './closed-days.ts'
import { holidaysQuery, useClosureActions } from './closure-queries.ts'

/** Public holidays of a country or region, each to be closed with one press. */
export function PublicHolidays({ clinicId, today }: { clinicId: string; today: string }) {
  const { t, i18n } = useTranslation('calendars')
  const thisYear = Number(today.slice(0, 4))
  const [chosen, setChosen] = useState({ country: '', region: '', year: thisYear })
  const holidays = useQuery(holidaysQuery(clinicId, chosen, i18n.language))
  const { countries = [], regions = [], items = [] } = holidays.data ?? {}
  const namesOf = (places: readonly { code: string; name: string }[]) =>
    places.map(({ code, name }) => ({ value: code, label: name }))
  return (
    <Panel id="public-holidays" title={t('holidays.title')} help={t('holidays.help')}>
      {holidays.data === undefined ? (
        <LoadingOrError of={holidays} />
      ) : (
        <div className={layoutClasses.fields}>
          <NativeSelect
            label={t('holidays.country')}
            value={chosen.country}
            onChange={({ currentTarget }) => setChosen({ ...chosen, country: currentTarget.value, region: '' })}
            data={[{ value: '', label: t('holidays.chooseCountry') }, ...namesOf(countries)]}
          />
          {regions.length === 0 ? null : (
            <NativeSelect
              label={t('holidays.region')}
              value={chosen.region}
              onChange={({ currentTarget }) => setChosen({ ...chosen, region: currentTarget.value })}
              data={[{ value: '', label: t('holidays.wholeCountry') }, ...namesOf(regions)]}
            />
          )}
          <NativeSelect
            label={t('holidays.year')}
            value={String(chosen.year)}
            onChange={({ currentTarget }) => setChosen({ ...chosen, year: Number(currentTarget.value) })}
            data={[thisYear, thisYear + 1, thisYear + 2].map(String)}
          />
        </div>
      )}
      <HolidayList clinicId={clinicId} items={items.filter(({ to }) => to.slice(0, 10) >= today)} />
    </Panel>
  )
}

function HolidayList({ clinicId, items }: { clinicId: string; items: readonly PublicHoliday[] }) {
  const { t } = useTranslation('calendars')
  const { add } = useClosureActions(clinicId)
  const close = ({ from, to, name }: PublicHoliday, yearly: boolean) =>
    add.mutate(
      { from, to, yearly, note: name.slice(0, 300) },
      { onSuccess: () => toastDone({ message: t('closures.added') }) },
    )
  return (
    <Stack gap="sm">
      {add.isError ? <ErrorState error={add.error} /> : null}
      {items.map((holiday) => {
        const { from, to, name, hasFixedDate, isClosed } = holiday
        const days = closedDays(holiday)
        const isBusy = add.isPending && add.variables.from === from && add.variables.to === to
        return (
          <Group key={`${from} ${name}`} justify="space-between" gap="xs">
            <Text style={{ overflowWrap: 'anywhere' }}>
              {days} · <bdi>{name}</bdi>
            </Text>
            {isClosed ? (
              <Text c="dimmed">{t('holidays.closed')}</Text>
            ) : (
              <Group gap="xs">
                <ActionButton
                  size="sm"
                  variant="default"
                  isBusy={isBusy}
                  aria-label={t('holidays.closeOf', { day: days, name })}
                  onClick={() => close(holiday, false)}
                >
                  {t('holidays.close')}
                </ActionButton>
                {hasFixedDate ? (
                  <ActionButton
                    size="sm"
                    variant="default"
                    isBusy={isBusy}
                    aria-label={t('holidays.closeYearlyOf', { name })}
                    onClick={() => close(holiday, true)}
                  >
                    {t('holidays.closeYearly')}
                  </ActionButton>
                ) : null}
              </Group>
            )}
          </Group>
        )
      })}
    </Stack>
  )
}
