import type { TheatreFigures } from '@holdfast/contract/client'
import { Box, Stack, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../../lib/i18n/format.ts'
import tableClasses from '../../../ui/table.module.css'
import classes from './report.module.css'
import { minutesOr, shareOr } from './report-totals.tsx'

type FiguresOfGroup = { key: string; name: string; figures: TheatreFigures }
type ReportTableProps = { title: string; groups: readonly FiguresOfGroup[] }

/** The figures of each room, service, surgeon or day. */
export function ReportTable({ title, groups }: ReportTableProps) {
  const { t } = useTranslation('theatre')
  if (groups.length === 0) return null
  const columns: [string, (figures: TheatreFigures) => string][] = [
    [t('figure.cases'), ({ cases }) => formatNumber(cases)],
    [t('figure.raw'), ({ rawUtilisation }) => shareOr(rawUtilisation)],
    [t('figure.adjusted'), ({ adjustedUtilisation }) => shareOr(adjustedUtilisation)],
    [t('figure.onTime'), ({ onTimeRate }) => shareOr(onTimeRate)],
    [t('figure.turnover'), ({ turnoverMinutesMedian }) => minutesOr(turnoverMinutesMedian)],
    [t('figure.overtime'), ({ overtimeMinutes }) => minutesOr(overtimeMinutes)],
    [t('figure.estimateError'), (figures) => minutesOr(figures.estimateErrorMinutesMeanAbsolute)],
    [t('figure.cancelled'), ({ cancelled }) => formatNumber(cancelled)],
    [t('figure.release'), ({ releaseCompliance }) => shareOr(releaseCompliance)],
  ]
  return (
    <Stack gap="xs">
      <Title order={2} size="h3">
        {title}
      </Title>
      <Box component="section" className={tableClasses.scroll} aria-label={title} tabIndex={0}>
        <table className={`${tableClasses.table} ${classes.figures}`}>
          <caption className={tableClasses.caption}>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t('field.name')}</th>
              {columns.map(([label]) => (
                <th key={label} scope="col" className={tableClasses.number}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map(({ key, name, figures }) => (
              <tr key={key}>
                <td className={tableClasses.nowrap}>
                  <bdi>{name}</bdi>
                </td>
                {columns.map(([label, textOf]) => (
                  <td key={label} className={tableClasses.number} data-label={label}>
                    {textOf(figures)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Box>
    </Stack>
  )
}
