import type { Equipment } from '@holdfast/contract/client'
import { MultiSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { withEachWord } from '../../../lib/with-each-word.ts'

type PreferredEquipmentProps = {
  equipment: readonly Pick<Equipment, 'id' | 'name'>[]
  ids: string[]
  onChange: (ids: string[]) => void
}

/** What the cases of a surgeon should have. */
export function PreferredEquipment({ equipment, ids, onChange }: PreferredEquipmentProps) {
  const { t } = useTranslation('theatre')
  return (
    <MultiSelect
      size="md"
      label={t('setup.preferred')}
      searchable
      filter={withEachWord}
      maxValues={20}
      value={ids}
      onChange={onChange}
      data={equipment.map(({ id, name }) => ({ value: id, label: name }))}
    />
  )
}
