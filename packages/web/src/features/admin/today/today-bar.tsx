import type { Doctor } from '@holdfast/contract/client'
import { SegmentedControl } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatDate } from '../../../lib/i18n/format.ts'
import { DayNav } from '../../../ui/day-nav.tsx'
import { SearchField } from '../../../ui/fields/search-field.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { type TodayLayout, todayLayouts } from '../admin-search.ts'
import { DoctorChips } from './doctor-chips.tsx'
import classes from './today-bar.module.css'

type BarProps = {
  day: string
  today: string
  onDay: (day: string) => void
  doctors: readonly Doctor[]
  /** The ids of those who are shown; empty: all. */
  chosen: readonly string[]
  onDoctors: (chosen: readonly string[]) => void
  searched: string | undefined
  onSearch: (q: string) => void
  layout: TodayLayout
  onLayout: (layout: TodayLayout) => void
}

/** Which day, whose visits, and what is looked for in them: one line on wide screens. */
export function TodayBar({ day, today, onDay, doctors, chosen, onDoctors, searched, onSearch, ...shown }: BarProps) {
  const { t } = useTranslation('admin')
  return (
    <div className={classes.bar}>
      <DayNav day={day} today={today} step={1} onChange={onDay} />
      <div className={classes.title}>
        <PageTitle of={formatDate(day, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })}>
          {formatDate(day)}
        </PageTitle>
      </div>
      <DoctorChips doctors={doctors} chosen={chosen} onChange={onDoctors} />
      <div className={classes.search}>
        <SearchField
          label={t('filter.text')}
          isLabelHidden
          placeholder={t('filter.placeholder')}
          text={searched}
          onSearch={onSearch}
        />
      </div>
      <SegmentedControl
        className={classes.view}
        size="sm"
        aria-label={t('today.view')}
        value={shown.layout}
        onChange={(value) => shown.onLayout(value as TodayLayout)}
        data={todayLayouts.map((value) => ({ value, label: t(`today.views.${value}`) }))}
      />
    </div>
  )
}
