import { lengths } from '@holdfast/vocabulary'
import { NumberInput, Stack, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { DateField } from '../../ui/fields/date-field.tsx'
import { TimeField } from '../../ui/fields/time-field.tsx'
import { WeekdaysField } from '../../ui/fields/weekdays-field.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { type EntryDraft, entryLimits } from './entry-draft.ts'

type FieldsProps = {
  form: UseFormReturnType<EntryDraft>
  /** The patient fills in the form, and needs an e-mail address. */
  isPatient: boolean
  /** The clinic sends offers by e-mail. */
  sendsEmails: boolean
  /** false: each time has one place, so nobody is asked how many. */
  hasPlaces?: boolean
}

/** The fields of an entry: days, times, places, and the patient. */
export function EntryFields({ form, isPatient, sendsEmails, hasPlaces = true }: FieldsProps) {
  const { t } = useTranslation('waitlist')
  const noEmailHelp = isPatient ? 'field.noEmailHelp' : 'field.noEmailHelpStaff'
  return (
    <Stack gap="md">
      <div className={layoutClasses.shortFields}>
        <DateField label={t('field.from')} required {...form.getInputProps('from')} />
        <DateField label={t('field.to')} required {...form.getInputProps('to')} />
      </div>
      <WeekdaysField
        size="md"
        label={t('field.weekdays')}
        description={t('field.weekdaysHelp')}
        {...form.getInputProps('weekdays')}
      />
      <div className={layoutClasses.shortFields}>
        <TimeField label={t('field.timeFrom')} {...form.getInputProps('timeFrom')} />
        <TimeField label={t('field.timeTo')} {...form.getInputProps('timeTo')} />
        {hasPlaces ? (
          <NumberInput
            size="md"
            label={t('field.units')}
            min={1}
            max={entryLimits.unitsMax}
            clampBehavior="none"
            allowDecimal={false}
            allowNegative={false}
            {...form.getInputProps('units')}
          />
        ) : null}
      </div>
      <div className={layoutClasses.fields}>
        <TextInput
          label={t('field.name')}
          required
          autoComplete={isPatient ? 'name' : 'off'}
          dir="auto"
          maxLength={lengths.name}
          {...form.getInputProps('name')}
        />
        <TextInput
          type="email"
          label={t('field.email')}
          description={t(sendsEmails ? 'field.emailHelp' : noEmailHelp)}
          required={isPatient}
          autoComplete={isPatient ? 'email' : 'off'}
          maxLength={lengths.email}
          {...form.getInputProps('email')}
        />
        <TextInput
          type="tel"
          label={t('field.phone')}
          autoComplete={isPatient ? 'tel' : 'off'}
          maxLength={lengths.phone}
          {...form.getInputProps('phone')}
        />
      </div>
    </Stack>
  )
}
