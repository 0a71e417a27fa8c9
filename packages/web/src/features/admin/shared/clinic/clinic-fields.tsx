import { clinicTextNames, clinicTexts, lengths } from '@holdfast/vocabulary'
import { Select, TextInput } from '@mantine/core'
import type { GetInputPropsReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { withEachWord } from '../../../../lib/with-each-word.ts'
import layoutClasses from '../../../../ui/layout.module.css'
import type { ClinicCardDraft } from './clinic-draft.ts'

const zones = Intl.supportedValuesOf('timeZone')

/** `inputProps`: the form's `getInputProps`. */
type FieldsProps = { timezone: string; inputProps: (field: keyof ClinicCardDraft) => GetInputPropsReturnType }

/** The fields of a clinic that patients see, and its time zone. */
export function ClinicFields({ timezone, inputProps }: FieldsProps) {
  const { t } = useTranslation('admin')
  return (
    <>
      <div className={layoutClasses.fields}>
        <TextInput label={t('field.name')} required maxLength={lengths.name} dir="auto" {...inputProps('name')} />
        <Select
          label={t('field.timezone')}
          required
          searchable
          filter={withEachWord}
          allowDeselect={false}
          data={zones.includes(timezone) ? zones : [timezone, ...zones]}
          {...inputProps('timezone')}
        />
      </div>
      <div className={layoutClasses.fields}>
        {clinicTextNames.map((name) => {
          const { kind, max } = clinicTexts[name]
          const kindProps = kind === 'phone' ? ({ type: 'tel' } as const) : ({ dir: 'auto' } as const)
          return (
            <TextInput key={name} label={t(`field.${name}`)} maxLength={max} {...kindProps} {...inputProps(name)} />
          )
        })}
      </div>
    </>
  )
}
