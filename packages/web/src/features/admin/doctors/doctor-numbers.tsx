import { Select } from '@mantine/core'
import type { GetInputPropsReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { decimalSeparator } from '../../../lib/i18n/format.ts'
import { withEachWord } from '../../../lib/with-each-word.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { type DoctorDraft, decimalsOf } from './doctor-draft.ts'
import classes from './doctors.module.css'

const currencies = Intl.supportedValuesOf('currency')

/** `inputProps`: the form's `getInputProps`. */
type DoctorNumbersProps = { currency: string; inputProps: (field: keyof DoctorDraft) => GetInputPropsReturnType }

/** The years of experience and the fee of a doctor. */
export function DoctorNumbers({ currency, inputProps }: DoctorNumbersProps) {
  const { t } = useTranslation('admin')
  const decimals = { decimalSeparator: decimalSeparator(), allowedDecimalSeparators: ['.', ',', '٫'] }
  return (
    <div className={classes.numbers}>
      <BoundedNumber
        label={t('field.experienceYears')}
        min={0}
        max={80}
        allowDecimal={false}
        {...inputProps('experienceYears')}
      />
      <BoundedNumber
        label={t('field.fee')}
        min={0}
        max={10_000_000}
        decimalScale={decimalsOf(currency)}
        {...decimals}
        {...inputProps('fee')}
      />
      <Select
        label={t('field.currency')}
        data={currencies}
        searchable
        filter={withEachWord}
        allowDeselect={false}
        {...inputProps('currency')}
      />
    </div>
  )
}
