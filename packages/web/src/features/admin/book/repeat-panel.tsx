import type { SeriesDate } from '@holdfast/contract/client'
import { localDay, seriesLimits, seriesUnits } from '@holdfast/vocabulary'
import { Button, Group, NativeSelect, Stack, Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { reasonKey } from '../../../domain/series/refusal-text.ts'
import { formatDate, formatDayTime } from '../../../lib/i18n/format.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import tableClasses from '../../../ui/table.module.css'
import type { Repeat, RepeatDraft } from './use-repeat.ts'

type RepeatProps = { repeat: Repeat; startsAt: string; timeZone: string }

/** The rule by which the time that was chosen is repeated, and which of its dates are free. */
export function RepeatPanel({ repeat, startsAt, timeZone }: RepeatProps) {
  const { t } = useTranslation('series')
  const { draft, preview, plan, dates } = repeat
  if (draft === null) {
    return (
      <Button variant="default" size="sm" mt="md" onClick={repeat.start}>
        {t('repeat')}
      </Button>
    )
  }
  return (
    <Stack gap="md" mt="md" component="section" aria-label={t('title')}>
      <RuleFields draft={draft} onChange={repeat.change} firstDay={localDay(startsAt, timeZone)} />
      {preview.isError ? <ErrorState error={preview.error} retry={() => void preview.refetch()} /> : null}
      {dates.length === 0 ? null : (
        <Table className={tableClasses.table} aria-label={t('preview')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('column.number')}</Table.Th>
              <Table.Th>{t('column.date')}</Table.Th>
              <Table.Th>{t('column.state')}</Table.Th>
              <Table.Th>{t('column.remove')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {dates.map((date) => (
              <DateRow key={date.number} date={date} repeat={repeat} timeZone={timeZone} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {dates.length === 0 || plan !== null ? null : (
        <Text role="status">
          {t(dates.every(({ number }) => repeat.choices.get(number) === null) ? 'none' : 'unresolved')}
        </Text>
      )}
      <Group>
        <Button variant="default" size="sm" onClick={repeat.reset}>
          {t('noRepeat')}
        </Button>
      </Group>
    </Stack>
  )
}

type RuleProps = { draft: RepeatDraft; onChange: (changed: Partial<RepeatDraft>) => void; firstDay: string }

function RuleFields({ draft, onChange, firstDay }: RuleProps) {
  const { t } = useTranslation('series')
  const { every, visitsMax } = seriesLimits
  return (
    <>
      <Group gap="sm" align="start" wrap="wrap">
        <BoundedNumber
          label={t('every')}
          w={110}
          {...every}
          value={draft.every}
          onChange={(value) => onChange({ every: value })}
        />
        <NativeSelect
          label={t('unit.label')}
          size="md"
          value={draft.unit}
          onChange={({ currentTarget }) => onChange({ unit: currentTarget.value === 'day' ? 'day' : 'week' })}
          data={seriesUnits.map((unit) => ({ value: unit, label: t(`unit.${unit}`) }))}
        />
      </Group>
      <Group gap="sm" align="start" wrap="wrap">
        <NativeSelect
          label={t('end.label')}
          size="md"
          value={draft.end}
          onChange={({ currentTarget }) => onChange({ end: currentTarget.value === 'until' ? 'until' : 'count' })}
          data={(['count', 'until'] as const).map((end) => ({ value: end, label: t(`end.${end}`) }))}
        />
        {draft.end === 'count' ? (
          <BoundedNumber
            label={t('count')}
            w={110}
            min={1}
            max={visitsMax}
            value={draft.count}
            onChange={(value) => onChange({ count: value })}
          />
        ) : (
          <DateField label={t('until')} value={draft.until} min={firstDay} onChange={(until) => onChange({ until })} />
        )}
      </Group>
    </>
  )
}

type RowProps = { date: SeriesDate; repeat: Repeat; timeZone: string }

function DateRow({ date, repeat, timeZone }: RowProps) {
  const { t } = useTranslation('series')
  const { number, startsAt, outcome, code } = date
  const choice = repeat.choices.get(number)
  const at = choice ?? startsAt
  const when = at === null ? formatDate(date.date) : formatDayTime(at, timeZone)
  const isLeftOut = choice === null
  return (
    <Table.Tr>
      <Table.Td>{number}</Table.Td>
      <Table.Td className="tabular">{isLeftOut ? <s>{when}</s> : when}</Table.Td>
      <Table.Td>
        {isLeftOut ? t('leftOut') : outcome === 'free' ? t('free') : t(reasonKey(code))}
        {isLeftOut || outcome === 'free' || date.alternatives.length === 0 ? null : (
          <NativeSelect
            mt={4}
            aria-label={t('choose', { when })}
            value={choice ?? ''}
            onChange={({ currentTarget }) => repeat.choose(number, currentTarget.value || undefined)}
            data={[
              { value: '', label: t('notChosen') },
              ...date.alternatives.map((one) => ({
                value: one.startsAt,
                label: formatDayTime(one.startsAt, timeZone),
              })),
            ]}
          />
        )}
      </Table.Td>
      <Table.Td>
        <Button
          variant="default"
          size="compact-sm"
          aria-label={t(isLeftOut ? 'putBack' : 'leaveOut', { when })}
          onClick={() => repeat.choose(number, isLeftOut ? undefined : null)}
        >
          {t(isLeftOut ? 'column.back' : 'column.remove')}
        </Button>
      </Table.Td>
    </Table.Tr>
  )
}
