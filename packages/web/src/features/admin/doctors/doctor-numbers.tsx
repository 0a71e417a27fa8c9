import { doctorLimits } from '@holdfast/vocabulary'
import type { GetInputPropsReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { CurrencyField, FeeField } from '../shared/fees/fee-fields.tsx'
import type { DoctorDraft } from './doctor-draft.ts'
import classes from './doctors.module.css'

/** `inputProps`: the form's `getInputProps`. */
type DoctorNumbersProps = { currency: string; inputProps: (field: keyof DoctorDraft) => GetInputPropsReturnType }

/** The years of experience and the fee of a doctor. */
export function DoctorNumbers({ currency, inputProps }: DoctorNumbersProps) {
  const { t } = useTranslation('admin')
  return (
    <div className={classes.numbers}>
      <BoundedNumber
        label={t('field.experienceYears')}
        min={0}
        max={doctorLimits.experienceYearsMax}
        allowDecimal={false}
        {...inputProps('experienceYears')}
      />
      <FeeField label={t('field.fee')} currency={currency} inputProps={inputProps('fee')} />
      <CurrencyField inputProps={inputProps('currency')} />
    </div>
  )
}
