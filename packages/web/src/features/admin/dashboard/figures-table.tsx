import type { ClinicStats } from '@holdfast/contract/client'
import { Box, Group, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { statusesInOrder } from '../../../domain/bookings/status-colors.ts'
import { CsvLinks } from '../../../domain/exports/csv-links.tsx'
import { formatDate, formatNumber, formatShare } from '../../../lib/i18n/format.ts'
import tableClasses from '../../../ui/table.module.css'
import { useClinic } from '../use-clinic.ts'
import { confirmedCounts, countLabel, neverConfirmed } from './confirmed-counts.ts'

/** The charts' numbers by day, as a table and as a CSV file that the server writes. */
export function FiguresTable({ stats }: { stats: ClinicStats }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { clinicId } = useClinic()
  const days = stats.days
  return (
    <Stack gap="sm">
      <Group justify="flex-end">
        <CsvLinks
          path={`/api/v1/clinics/${clinicId}/stats.csv`}
          filters={{ from: days[0]?.date, to: days.at(-1)?.date }}
        />
      </Group>
      {/* Wider than some screens: it scrolls separately, also by keyboard. */}
      <Box component="section" className={tableClasses.scroll} aria-label={t('dashboard.byDay')} tabIndex={0}>
        <table className={tableClasses.table}>
          <caption className={tableClasses.caption}>{t('dashboard.byDay')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('column.day')}</th>
              <th scope="col" className={tableClasses.number}>
                {t('column.capacity')}
              </th>
              <th scope="col" className={tableClasses.number}>
                {t('column.taken')}
              </th>
              <th scope="col" className={tableClasses.number}>
                {t('figures.utilisation')}
              </th>
              {statusesInOrder.map((status) => (
                <th key={status} scope="col" className={tableClasses.number}>
                  {t(countLabel(status))}
                </th>
              ))}
              <th scope="col" className={tableClasses.number}>
                {t('column.neverConfirmed')}
              </th>
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <FiguresRow key={day.date} day={day} />
            ))}
          </tbody>
        </table>
      </Box>
    </Stack>
  )
}

function FiguresRow({ day }: { day: ClinicStats['days'][number] }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { date, capacity, taken, openMinutes, takenMinutes } = day
  const counts = confirmedCounts(day)
  return (
    <tr data-quiet={openMinutes === 0 || undefined}>
      <td className={tableClasses.nowrap}>{formatDate(date)}</td>
      <td className={tableClasses.number} data-label={t('column.capacity')}>
        {formatNumber(capacity)}
      </td>
      <td className={tableClasses.number} data-label={t('column.taken')}>
        {formatNumber(taken)}
      </td>
      <td className={tableClasses.number} data-label={t('figures.utilisation')}>
        {openMinutes === 0 ? '–' : formatShare(takenMinutes / openMinutes)}
      </td>
      {statusesInOrder.map((status) => (
        <td key={status} className={tableClasses.number} data-label={t(countLabel(status))}>
          {formatNumber(counts[status])}
        </td>
      ))}
      <td className={tableClasses.number} data-label={t('column.neverConfirmed')}>
        {formatNumber(neverConfirmed(day))}
      </td>
    </tr>
  )
}
