import '@mantine/dates/styles.css'
import { Popover } from '@mantine/core'
import { DatePicker } from '@mantine/dates'
import { useTranslation } from 'react-i18next'
import { firstWeekday, formatDate, formatRelative } from '../../lib/i18n/format.ts'

type DayCalendarProps = {
  value: string
  min: string | undefined
  max: string | undefined
  onChange: (day: string) => void
  onClose: () => void
}

/** Mantine passes days, and beginnings of days. */
const dayOf = (day: string) => day.slice(0, 10)

/** A month's days, in the site's language, under the field that it is for. It is loaded when it is opened. */
export function DayCalendar({ value, min, max, onChange, onClose }: DayCalendarProps) {
  const { t } = useTranslation('shell')
  const month = (day: string) => formatDate(dayOf(day), { month: 'long', year: 'numeric' })
  const year = (day: string) => formatDate(dayOf(day), { year: 'numeric' })
  return (
    <Popover
      opened
      trapFocus
      withRoles={false}
      position="bottom-end"
      onClose={onClose}
      onChange={(isOpen) => isOpen || onClose()}
    >
      <Popover.Target>
        <span style={{ position: 'absolute', insetBlockEnd: 0, insetInlineEnd: 0 }} />
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={t('openCalendar')}>
        <DatePicker
          // Escape closes the calendar, and not the dialog that it is in.
          __stopPropagation
          value={value === '' ? null : value}
          {...(value === '' ? {} : { defaultDate: value })}
          {...(min === undefined ? {} : { minDate: min })}
          {...(max === undefined ? {} : { maxDate: max })}
          onChange={(day) => {
            if (day !== null) onChange(day)
          }}
          firstDayOfWeek={firstWeekday()}
          // Mantine's grey days of other months and red weekends are too pale to read.
          hideOutsideDates
          weekendDays={[]}
          ariaLabels={{
            previousMonth: formatRelative(-1, 'month'),
            nextMonth: formatRelative(1, 'month'),
            previousYear: formatRelative(-1, 'year'),
            nextYear: formatRelative(1, 'year'),
            previousDecade: formatRelative(-10, 'year'),
            nextDecade: formatRelative(10, 'year'),
          }}
          weekdayFormat={(day) => formatDate(dayOf(day), { weekday: 'short' })}
          monthLabelFormat={month}
          monthsListFormat={(day) => formatDate(dayOf(day), { month: 'short' })}
          yearLabelFormat={year}
          yearsListFormat={year}
          decadeLabelFormat={year}
          getDayAriaLabel={(day) =>
            formatDate(day, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
          }
        />
      </Popover.Dropdown>
    </Popover>
  )
}
