import { Box, Checkbox, type CheckboxGroupProps } from '@mantine/core'
import { formatWeekday } from '../../lib/i18n/format.ts'
import classes from '../layout.module.css'

/** A choice of weekdays: their numbers as texts, `1` is Monday. */
export function WeekdaysField(props: Omit<CheckboxGroupProps, 'children'>) {
  return (
    <Checkbox.Group {...props}>
      <Box className={classes.choices} mt={6}>
        {['1', '2', '3', '4', '5', '6', '7'].map((day) => (
          <Checkbox key={day} value={day} label={formatWeekday(Number(day))} />
        ))}
      </Box>
    </Checkbox.Group>
  )
}
