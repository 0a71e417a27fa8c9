import { Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import layoutClasses from '../../ui/layout.module.css'
import type { ClinicCardDraft } from './clinic-draft.ts'

const zones = Intl.supportedValuesOf('timeZone')

type FieldsProps = { draft: ClinicCardDraft; onChange: (part: Partial<ClinicCardDraft>) => void }

/** What patients see of a clinic, and its time zone. */
export function ClinicFields({ draft, onChange }: FieldsProps) {
  const { t } = useTranslation('admin')
  return (
    <>
      <div className={layoutClasses.fields}>
        <TextInput
          label={t('field.name')}
          required
          maxLength={200}
          value={draft.name}
          onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
        <Select
          label={t('field.timezone')}
          required
          searchable
          allowDeselect={false}
          data={zones.includes(draft.timezone) ? zones : [draft.timezone, ...zones]}
          value={draft.timezone}
          onChange={(timezone) => onChange({ timezone: timezone ?? draft.timezone })}
        />
      </div>
      <div className={layoutClasses.fields}>
        <TextInput
          label={t('field.address')}
          maxLength={500}
          value={draft.address}
          onChange={({ currentTarget }) => onChange({ address: currentTarget.value })}
        />
        <TextInput
          type="tel"
          label={t('field.phone')}
          maxLength={50}
          value={draft.phone}
          onChange={({ currentTarget }) => onChange({ phone: currentTarget.value })}
        />
      </div>
    </>
  )
}
