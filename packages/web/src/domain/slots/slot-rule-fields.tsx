import { ActionIcon, Button, Group, Stack } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { randomKey } from '../../lib/api/random-key.ts'
import { DateField } from '../../ui/fields/date-field.tsx'
import { EndTimeField, TimeField } from '../../ui/fields/time-field.tsx'
import { WeekdaysField } from '../../ui/fields/weekdays-field.tsx'
import { Icon } from '../../ui/icon.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { SlotLengthFields } from './slot-length-fields.tsx'
import { type SlotRuleDraft, slotRuleLimits } from './slot-rule-draft.ts'
import classes from './slot-rule-fields.module.css'

type FieldsProps = { form: UseFormReturnType<SlotRuleDraft> }

/** The fields of a slot rule: days, hours, the length and capacity of each slot, and breaks. */
export function SlotRuleFields({ form }: FieldsProps) {
  const { t } = useTranslation('schedule')
  return (
    <Stack gap="md">
      <div className={layoutClasses.shortFields}>
        <DateField label={t('rule.from')} {...startProps(form, 'from', 'to')} />
        <DateField label={t('rule.to')} {...form.getInputProps('to')} />
      </div>
      <WeekdaysField size="md" label={t('rule.weekdays')} {...form.getInputProps('weekdays')} />
      <div className={layoutClasses.shortFields}>
        <TimeField label={t('rule.startTime')} {...startProps(form, 'startTime', 'endTime')} />
        <EndTimeField label={t('rule.endTime')} {...form.getInputProps('endTime')} />
        <SlotLengthFields form={form} />
      </div>
      <Breaks form={form} />
    </Stack>
  )
}

function Breaks({ form }: FieldsProps) {
  const { t } = useTranslation('schedule')
  const { breaks } = form.getValues()
  return (
    <Stack gap="sm">
      {breaks.map(({ key }, index) => (
        <div key={key} className={classes.break}>
          <TimeField
            label={t('rule.breakFrom', { number: index + 1 })}
            {...startProps(form, `breaks.${index}.startTime`, `breaks.${index}.endTime`)}
          />
          <EndTimeField
            label={t('rule.breakTo', { number: index + 1 })}
            {...form.getInputProps(`breaks.${index}.endTime`)}
          />
          <div className={classes.remove}>
            <ActionIcon
              size={42}
              variant="default"
              aria-label={t('rule.removeBreak', { number: index + 1 })}
              onClick={() => form.removeListItem('breaks', index)}
            >
              <Icon of={IconX} />
            </ActionIcon>
          </div>
        </div>
      ))}
      {breaks.length < slotRuleLimits.breaksMax ? (
        <Group>
          <Button
            size="sm"
            variant="default"
            onClick={() => form.insertListItem('breaks', { key: randomKey(), startTime: '', endTime: '' })}
          >
            {t('rule.addBreak')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}

/** The properties of the field `start`. Changing it also clears the error of `end`, which may be about their order. */
function startProps(form: FieldsProps['form'], start: string, end: string) {
  const props = form.getInputProps(start)
  return {
    ...props,
    onChange: (value: string) => {
      props.onChange(value)
      form.clearFieldError(end)
    },
  }
}
