import '@mantine/charts/styles.css'
import type { TheatreFigures, TheatreReport } from '@holdfast/contract/client'
import { BarChart, type BarChartSeries } from '@mantine/charts'
import { SimpleGrid, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { chartAxes } from '../../../lib/chart-axes.ts'
import { formatDate, formatNumber, formatShare } from '../../../lib/i18n/format.ts'
import layoutClasses from '../../../ui/layout.module.css'

/** How much of the blocks was used, first cases on time, and overtime. The tables have the same figures. */
export function ReportCharts({ report }: { report: TheatreReport }) {
  const { t } = useTranslation('theatre')
  const pointOf = (name: string, figures: TheatreFigures): Point => ({
    name,
    raw: figures.rawUtilisation,
    // The turnover is stacked on top of `raw`.
    turnover:
      figures.adjustedUtilisation === null || figures.rawUtilisation === null
        ? null
        : figures.adjustedUtilisation - figures.rawUtilisation,
    onTime: figures.onTimeRate,
    overtime: figures.overtimeMinutes,
  })
  const byDay = report.byDay.map(({ key, figures }) =>
    pointOf(formatDate(key, { day: 'numeric', month: 'short' }), figures),
  )
  const byRoom = report.byRoom.map(({ name, figures }) => pointOf(name, figures))
  const filled = 'var(--mantine-primary-color-filled)'
  const utilisation: BarChartSeries[] = [
    { name: 'raw', label: t('figure.raw'), color: filled, stackId: 'used' },
    { name: 'turnover', label: t('report.turnoverOnTop'), color: 'pine.3', stackId: 'used' },
  ]
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Chart title={t('report.utilisationByDay')} data={byDay} series={utilisation} format={formatShare} isShare />
      <Chart title={t('report.utilisationByRoom')} data={byRoom} series={utilisation} format={formatShare} isShare />
      <Chart
        title={t('report.onTimeByRoom')}
        data={byRoom}
        series={[{ name: 'onTime', label: t('figure.onTime'), color: filled }]}
        format={formatShare}
        isShare
      />
      <Chart
        title={t('report.overtimeByDay')}
        data={byDay}
        series={[{ name: 'overtime', label: t('figure.overtime'), color: filled }]}
        format={(minutes) => formatNumber(Math.round(minutes), minuteFormat)}
      />
    </SimpleGrid>
  )
}

const minuteFormat = { style: 'unit', unit: 'minute', unitDisplay: 'short' } as const

type Point = { name: string } & Record<'raw' | 'turnover' | 'onTime' | 'overtime', number | null>
type ChartProps = {
  title: string
  data: Point[]
  series: BarChartSeries[]
  format: (value: number) => string
  isShare?: boolean
}

function Chart({ title, data, series, format, isShare = false }: ChartProps) {
  const { t } = useTranslation('theatre')
  const isMissing = (point: Point) => series.every(({ name }) => point[name as keyof Point] === null)
  // Shares of 0 are worth showing, a day without overtime is not.
  const isEmpty = data.every((point) =>
    isShare ? isMissing(point) : series.every(({ name }) => !point[name as keyof Point]),
  )
  if (isEmpty) return null
  // A missing value has the mark that it has in the tables: otherwise it would look like 0 %.
  const shown = data.map((point) => (isMissing(point) ? { ...point, name: `${point.name} (–)` } : point))
  const { xAxisProps, yAxisProps } = chartAxes(isShare ? 52 : 72)
  return (
    <section className={layoutClasses.panel} aria-label={title}>
      <Title order={2} size="h3" mb="md">
        {title}
      </Title>
      <div role="img" aria-label={t('report.chartAlt', { title })} dir="ltr">
        <BarChart
          h={220}
          dataKey="name"
          tickLine="none"
          gridAxis="x"
          strokeDasharray="0"
          data={shown}
          series={series}
          withLegend={series.length > 1}
          valueFormatter={format}
          xAxisProps={xAxisProps}
          yAxisProps={{ ...yAxisProps, ...(isShare ? { domain: [0, 1] } : {}) }}
          barChartProps={{ accessibilityLayer: false }}
          barProps={{ isAnimationActive: false }}
        />
      </div>
    </section>
  )
}
