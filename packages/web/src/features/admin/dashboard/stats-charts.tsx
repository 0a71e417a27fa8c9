import '@mantine/charts/styles.css'
import type { ClinicStats } from '@holdfast/contract/client'
import { AreaChart, BarChart } from '@mantine/charts'
import { useTranslation } from 'react-i18next'
import { statusColor, statusesInOrder } from '../../../domain/bookings/status-colors.ts'
import statusClasses from '../../../domain/bookings/status-mark.module.css'
import { chartAxes } from '../../../lib/chart-axes.ts'
import { formatDate, formatNumber, formatShare } from '../../../lib/i18n/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import { confirmedCounts, countLabel } from './confirmed-counts.ts'
import classes from './dashboard.module.css'

/**
 * Bookings by day and status, and how full the days are. What they show is in the table too, for those who don't see
 * it.
 */
export function StatsCharts({ stats }: { stats: ClinicStats }) {
  const { t } = useTranslation(['admin', 'shell'])
  const day = (date: string) => formatDate(date, { day: 'numeric', month: 'short' })
  const bars = stats.days.map((one) => ({ day: day(one.date), ...confirmedCounts(one) }))
  const shares = stats.days.map(({ date, openMinutes, takenMinutes }) => ({
    day: day(date),
    share: openMinutes === 0 ? null : takenMinutes / openMinutes,
  }))
  const shown = statusesInOrder.filter((status) => bars.some((bar) => bar[status] > 0))
  const series = (shown.length > 0 ? shown : statusesInOrder).map((status) => ({
    name: status,
    label: t(countLabel(status)),
    color: statusColor(status),
    stackId: 'all',
  }))
  const [countAxes, shareAxes] = [chartAxes(40), chartAxes(52)]
  const shared = { h: 260, dataKey: 'day', tickLine: 'none', gridAxis: 'x', strokeDasharray: '0' } as const
  return (
    <div className={`${classes.charts} ${statusClasses.palette}`}>
      <Panel id="chart-bookings" title={t('dashboard.byDay')}>
        <div role="img" aria-label={t('dashboard.byDayAlt')} dir="ltr">
          <BarChart
            {...shared}
            data={bars}
            series={series}
            withLegend
            legendProps={{ verticalAlign: 'bottom', itemSorter: null }}
            valueFormatter={(value) => formatNumber(value)}
            xAxisProps={countAxes.xAxisProps}
            yAxisProps={{ ...countAxes.yAxisProps, allowDecimals: false }}
            barChartProps={{ accessibilityLayer: false }}
            barProps={{ isAnimationActive: false }}
          />
        </div>
      </Panel>
      <Panel id="chart-utilisation" title={t('figures.utilisation')}>
        <div role="img" aria-label={t('dashboard.utilisationAlt')} dir="ltr">
          <AreaChart
            {...shared}
            h={200}
            data={shares}
            series={[{ name: 'share', label: t('figures.utilisation'), color: 'var(--mantine-primary-color-filled)' }]}
            curveType="monotone"
            connectNulls={false}
            valueFormatter={(value) => formatShare(value)}
            xAxisProps={shareAxes.xAxisProps}
            yAxisProps={{ ...shareAxes.yAxisProps, domain: [0, 1] }}
            areaChartProps={{ accessibilityLayer: false }}
            areaProps={{ isAnimationActive: false }}
          />
        </div>
      </Panel>
    </div>
  )
}
