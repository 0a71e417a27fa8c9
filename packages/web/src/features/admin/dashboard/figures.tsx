import type { ClinicStats } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatNumber, formatShare } from '../../../lib/i18n/format.ts'
import adminClasses from '../admin.module.css'

/** The five key figures of a clinic. */
export function Figures({ stats }: { stats: ClinicStats }) {
  const { t } = useTranslation('admin')
  const { totals } = stats
  const booked = totals.PENDING + totals.CONFIRMED + totals.ARRIVED + totals.COMPLETED + totals.NO_SHOW
  const share = (value: number | null) => (value === null ? '–' : formatShare(value))
  const figures = [
    { label: t('figures.bookings'), value: formatNumber(booked) },
    { label: t('figures.utilisation'), value: share(stats.utilisation) },
    { label: t('figures.lapseRate'), value: share(stats.lapseRate) },
    { label: t('figures.noShowRate'), value: share(stats.noShowRate) },
    { label: t('figures.leadTime'), value: leadTime(stats.leadTimeHoursMedian) },
  ]
  return (
    <dl className={adminClasses.figures}>
      {figures.map(({ label, value }) => (
        <div key={label} className={adminClasses.figure}>
          <dt>{label}</dt>
          <dd className="tabular">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Hours up to two days, then days. */
function leadTime(hours: number | null): string {
  if (hours === null) return '–'
  const unit = hours < 48 ? 'hour' : 'day'
  const value = hours < 48 ? hours : hours / 24
  return formatNumber(value, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: value < 10 ? 1 : 0 })
}
