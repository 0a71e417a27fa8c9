import { clinicSettings, visitTypeBookers, visitTypeLimits } from '@holdfast/vocabulary'
import { Fieldset, Radio, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { DurationField } from '../duration-field.tsx'
import { NumberField } from '../number-field.tsx'
import type { VisitTypeFormState } from './visit-type-draft.ts'

/** Who may book a visit type and when, and for how many at once. */
export function BookingFields({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  return (
    <Fieldset legend={t('visitTypes.booking')}>
      <Stack gap="md">
        <Radio.Group size="md" label={t('visitTypes.field.bookableBy')} {...form.getInputProps('bookableBy')}>
          <Stack gap="xs" mt={6}>
            {visitTypeBookers.map((booker) => (
              <Radio key={booker} value={booker} label={t(`visitTypes.bookers.${booker}`)} />
            ))}
          </Stack>
        </Radio.Group>
        <BoundedNumber
          label={t('visitTypes.field.capacity')}
          description={t('visitTypes.capacityHelp')}
          allowDecimal={false}
          {...visitTypeLimits.capacity}
          {...form.getInputProps('capacity')}
        />
        <RuleField name="minimumNoticeMinutes" form={form} />
        <RuleField name="bookingHorizonDays" form={form} />
        <RuleField name="cancellationDeadlineMinutes" form={form} />
      </Stack>
    </Fieldset>
  )
}

type RuleFieldProps = {
  name: 'minimumNoticeMinutes' | 'bookingHorizonDays' | 'cancellationDeadlineMinutes'
  form: VisitTypeFormState
}

/** A rule of the clinic that the visit type may have in another way. */
function RuleField({ name, form }: RuleFieldProps) {
  const { t } = useTranslation('admin')
  const { min, max, unit } = clinicSettings[name]
  const { error, ...inputProps } = form.getInputProps(name)
  const shared = {
    ...inputProps,
    value: form.getValues()[name],
    label: t(`settings.${name}`),
    help: (range: string) => t('visitTypes.asClinic', { range }),
    min,
    max,
    isInvalid: Boolean(error),
  }
  return unit === null ? <NumberField {...shared} /> : <DurationField {...shared} base={unit} required={false} />
}
