import { NumberInput, Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { decimalSeparator } from '../../../lib/format.ts'
import { type DoctorDraft, decimalsOf } from './doctor-draft.ts'
import classes from './doctors.module.css'

const currencies = Intl.supportedValuesOf('currency')

type DoctorNumbersProps = { draft: DoctorDraft; onChange: (part: Partial<DoctorDraft>) => void }

/** A doctor's years, rating and fee. */
export function DoctorNumbers({ draft, onChange }: DoctorNumbersProps) {
  const { t } = useTranslation('admin')
  const decimals = { decimalSeparator: decimalSeparator(), allowedDecimalSeparators: ['.', ',', '٫'] }
  return (
    <div className={classes.numbers}>
      <NumberInput
        size="md"
        label={t('field.experienceYears')}
        min={0}
        max={80}
        allowDecimal={false}
        value={draft.experienceYears}
        onChange={(experienceYears) => onChange({ experienceYears })}
      />
      <NumberInput
        size="md"
        label={t('field.rating')}
        min={0}
        max={5}
        step={0.1}
        decimalScale={1}
        clampBehavior="strict"
        {...decimals}
        value={draft.rating}
        onChange={(rating) => onChange({ rating })}
      />
      <NumberInput
        size="md"
        label={t('field.fee')}
        min={0}
        max={10_000_000}
        decimalScale={decimalsOf(draft.currency)}
        {...decimals}
        value={draft.fee}
        onChange={(fee) => onChange({ fee })}
      />
      <Select
        label={t('field.currency')}
        data={currencies}
        searchable
        allowDeselect={false}
        value={draft.currency}
        onChange={(currency) => onChange({ currency: currency ?? 'EUR' })}
      />
    </div>
  )
}
