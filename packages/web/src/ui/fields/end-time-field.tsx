import { TimeField } from './time-field.tsx'
import type { TypedFieldProps } from './typed-field.tsx'

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
