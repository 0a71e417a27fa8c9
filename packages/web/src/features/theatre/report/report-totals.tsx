import type { TheatreFigures } from '@holdfast/contract/client'
import { Paper, SimpleGrid, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatMinutes, formatNumber, formatShare } from '../../../lib/i18n/format.ts'

const none = '–'

export const shareOr = (share: number | null) => (share === null ? none : formatShare(share))
export const minutesOr = (minutes: number | null) => (minutes === null ? none : formatMinutes(Math.round(minutes)))

/** The figures in all. */
export function ReportTotals({ figures }: { figures: TheatreFigures }) {
  const { t } = useTranslation('theatre')
  const shown = [
    [t('figure.cases'), formatNumber(figures.cases)],
    [t('figure.raw'), shareOr(figures.rawUtilisation)],
    [t('figure.adjusted'), shareOr(figures.adjustedUtilisation)],
    [t('figure.onTime'), shareOr(figures.onTimeRate)],
    [t('figure.turnover'), minutesOr(figures.turnoverMinutesMedian)],
    [t('figure.overtime'), minutesOr(figures.overtimeMinutes)],
    [t('figure.estimateError'), minutesOr(figures.estimateErrorMinutesMeanAbsolute)],
    [t('figure.cancelled'), `${formatNumber(figures.cancelled)} (${shareOr(figures.cancellationRate)})`],
    [t('figure.release'), shareOr(figures.releaseCompliance)],
  ]
  return (
    <Stack gap="xs">
      <SimpleGrid component="dl" cols={{ base: 2, sm: 3 }} spacing="sm" m={0}>
        {shown.map(([label, value]) => (
          <Paper key={label} withBorder radius="lg" p="md">
            <Text component="dt" size="sm" c="dimmed">
              {label}
            </Text>
            <Text component="dd" fw={650} fz="xl" m={0} className="tabular">
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
      {shown.some(([, value]) => value?.includes(none)) ? (
        <Text size="sm" c="dimmed">
          {t('report.none', { none })}
        </Text>
      ) : null}
    </Stack>
  )
}
