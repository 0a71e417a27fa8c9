import { ActionIcon } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { lazy, Suspense, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { datePattern, formatNumericDate, orderOfDate } from '../../lib/i18n/format.ts'
import { isWholeDate, steppedDay, typedDate } from '../../lib/time/typed-date.ts'
import { Icon } from '../icon.tsx'
import { TypedField, type TypedFieldProps } from './typed-field.tsx'

const DayCalendar = lazy(() => import('./day-calendar.tsx').then((loaded) => ({ default: loaded.DayCalendar })))

/** A day `YYYY-MM-DD` from `min` to `max`, typed in the site's language or chosen from a calendar. */
export function DateField({ min, max, ...props }: TypedFieldProps & { min?: string; max?: string }) {
  const { t } = useTranslation('shell')
  const [isOpen, setOpen] = useState(false)
  const [choice, setChoice] = useState(0)
  const button = useRef<HTMLButtonElement>(null)
  const ownId = useId()
  const id = props.id ?? ownId
  const { value = '', onChange } = props
  const isLate = max !== undefined && value > max
  const problem = value !== '' && min !== undefined && value < min ? 'early' : isLate ? 'other' : null
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  /** A day that was not typed. A dialog asks before it is lost, as after typing. */
  const choose = (day: string) => {
    setChoice(choice + 1)
    onChange(day)
    document.getElementById(id)?.dispatchEvent(new Event('input', { bubbles: true }))
  }
  return (
    <TypedField
      inputMode="numeric"
      {...props}
      id={id}
      choice={choice}
      format={formatNumericDate}
      parse={(text) => typedDate(text, orderOfDate(), new Date().toISOString().slice(0, 10), { min, max })}
      isWhole={isWholeDate}
      pattern={datePattern()}
      invalid={t('fieldProblem.date', { example: formatNumericDate('2027-12-31') })}
      problem={problem === null ? null : t(`fieldProblem.${problem}`)}
      onKeyDown={(event) => {
        const days = { ArrowUp: 1, ArrowDown: -1 }[event.key]
        if (days === undefined || value === '') return
        event.preventDefault()
        choose(steppedDay(value, days, { min, max }))
      }}
      rightSection={
        <>
          <ActionIcon
            ref={button}
            variant="subtle"
            color="gray"
            id={`${id}-calendar`}
            aria-label={t('openCalendar')}
            aria-labelledby={`${id}-calendar ${id}-label`}
            aria-haspopup="dialog"
            aria-expanded={isOpen}
            disabled={props.disabled ?? false}
            onClick={() => setOpen(!isOpen)}
          >
            <Icon of={IconCalendar} />
          </ActionIcon>
          {isOpen ? (
            <Suspense>
              <DayCalendar
                value={value}
                min={min}
                max={max}
                onClose={close}
                onChange={(day) => {
                  close()
                  choose(day)
                }}
              />
            </Suspense>
          ) : null}
        </>
      }
    />
  )
}
