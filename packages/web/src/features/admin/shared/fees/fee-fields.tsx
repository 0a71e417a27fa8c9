import { Select } from '@mantine/core'
import type { GetInputPropsReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { decimalSeparator } from '../../../../lib/i18n/format.ts'
import { withEachWord } from '../../../../lib/with-each-word.ts'
import { BoundedNumber } from '../../../../ui/fields/bounded-number.tsx'
import { decimalsOf } from './fee-amount.ts'

const currencies = Intl.supportedValuesOf('currency')

/** `inputProps`: those of the form, for the field of the amount. */
type FeeFieldProps = { label: string; currency: string; placeholder?: string; inputProps: GetInputPropsReturnType }

/** An amount of money in the currency's main unit. */
export function FeeField({ label, currency, placeholder = '', inputProps }: FeeFieldProps) {
  return (
    <BoundedNumber
      label={label}
      placeholder={placeholder}
      min={0}
      max={10_000_000}
      decimalScale={decimalsOf(currency)}
      decimalSeparator={decimalSeparator()}
      allowedDecimalSeparators={['.', ',', '٫']}
      {...inputProps}
    />
  )
}

export function CurrencyField({ inputProps }: { inputProps: GetInputPropsReturnType }) {
  const { t } = useTranslation('admin')
  return (
    <Select
      label={t('field.currency')}
      data={currencies}
      searchable
      filter={withEachWord}
      allowDeselect={false}
      {...inputProps}
    />
  )
}
