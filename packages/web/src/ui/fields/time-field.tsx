import { useTranslation } from 'react-i18next'
import { formatLocalTime, halvesOfDay, timePattern } from '../../lib/i18n/format.ts'
import { isWholeTime, typedTime } from '../../lib/time/typed-time.ts'
import { TypedField, type TypedFieldProps } from './typed-field.tsx'

/** A local time `HH:MM`, typed in the site's language. */
export function TimeField(props: TypedFieldProps) {
  const { t } = useTranslation('shell')
  const halves = halvesOfDay()
  return (
    <TypedField
      // Phones that count to 24 need no letters.
      inputMode={halves === null ? 'numeric' : 'text'}
      {...props}
      format={formatLocalTime}
      parse={(text) => typedTime(text, halves, props.value)}
      isWhole={(text) => isWholeTime(text, halves)}
      pattern={timePattern()}
      invalid={t('fieldProblem.time', { example: formatLocalTime('14:30') })}
    />
  )
}

/** When something ends on a day, as a local time up to `24:00`: midnight is that at the end of the day. */
export function EndTimeField({ value, onChange, ...props }: TypedFieldProps) {
  return (
    <TimeField
      {...props}
      {...(value === undefined ? {} : { value: value === '24:00' ? '00:00' : value })}
      onChange={(typed) => onChange(typed === '00:00' ? '24:00' : typed)}
    />
  )
}
