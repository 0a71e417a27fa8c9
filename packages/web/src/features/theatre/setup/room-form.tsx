import type { OpeningHours, Room } from '@holdfast/contract/client'
import { lengths, theatreLimits } from '@holdfast/vocabulary'
import { Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useTheatre } from '../use-theatre.ts'
import { HoursFields } from './hours-fields.tsx'
import { ResourceForm } from './resource-form.tsx'
import { WholeNumber } from './whole-number.tsx'

/** Monday to Friday, 8 to 16. */
const usualHours: OpeningHours[] = [1, 2, 3, 4, 5].map((weekday) => ({ weekday, from: '08:00', to: '16:00' }))

export function RoomForm({ room, onDone }: { room: Room | null; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [site, setSite] = useState(room?.site ?? '')
  const [turnover, setTurnover] = useState<number | string>(room?.turnoverMinutes ?? 20)
  const [hours, setHours] = useState<OpeningHours[] | null>(room === null ? usualHours : room.hours)
  const fields = { site: site.trim() === '' ? null : site.trim(), turnoverMinutes: Number(turnover), hours }
  return (
    <ResourceForm
      item={room}
      fields={fields}
      create={(name, headers) => dataOf(api.createRoom({ path: { clinicId }, body: { name, ...fields }, headers }))}
      update={(common, query) =>
        dataOf(
          api.updateRoom({
            path: { clinicId, roomId: room?.id ?? '' },
            query,
            body: { ...fields, ...common },
          }),
        )
      }
      onDone={onDone}
    >
      <TextInput
        label={t('setup.site')}
        maxLength={lengths.name}
        dir="auto"
        value={site}
        onChange={({ currentTarget }) => setSite(currentTarget.value)}
      />
      <WholeNumber
        label={t('setup.turnover')}
        description={t('setup.turnoverHelp')}
        min={0}
        max={theatreLimits.turnoverMinutesMax}
        value={turnover}
        onChange={setTurnover}
      />
      <Switch
        label={t('setup.alwaysOpen')}
        checked={hours === null}
        onChange={({ currentTarget }) => setHours(currentTarget.checked ? null : usualHours)}
      />
      {hours === null ? null : <HoursFields hours={hours} onChange={setHours} />}
    </ResourceForm>
  )
}
