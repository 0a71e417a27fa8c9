import type { Equipment } from '@holdfast/contract/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useTheatre } from '../use-theatre.ts'
import { ResourceForm } from './resource-form.tsx'
import { WholeNumber } from './whole-number.tsx'

export function EquipmentForm({ item, onDone }: { item: Equipment | null; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [units, setUnits] = useState<number | string>(item?.units ?? 1)
  const [reprocessing, setReprocessing] = useState<number | string>(item?.reprocessingMinutes ?? 0)
  const fields = { units: Number(units), reprocessingMinutes: Number(reprocessing) }
  return (
    <ResourceForm
      item={item}
      fields={fields}
      create={(name, key) =>
        dataOf(
          api.createEquipment({ path: { clinicId }, body: { name, ...fields }, headers: { 'Idempotency-Key': key } }),
        )
      }
      update={(common, query) =>
        dataOf(
          api.updateEquipment({
            path: { clinicId, equipmentId: item?.id ?? '' },
            query,
            body: { ...fields, ...common },
          }),
        )
      }
      onDone={onDone}
    >
      <WholeNumber label={t('setup.units')} min={1} max={1000} value={units} onChange={setUnits} />
      <WholeNumber
        label={t('setup.reprocessing')}
        description={t('setup.reprocessingHelp')}
        min={0}
        max={2880}
        value={reprocessing}
        onChange={setReprocessing}
      />
    </ResourceForm>
  )
}
