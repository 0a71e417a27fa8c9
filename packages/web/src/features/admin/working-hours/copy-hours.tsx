import { Group, NativeSelect, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useClinic } from '../use-clinic.ts'
import { type BandDraft, draftOf } from './hours-draft.ts'
import { workingHoursQuery } from './hours-queries.ts'

type Props = {
  clinicId: string
  doctorId: string
  /** The first day of the new hours. */
  from: string
  onCopied: (bands: BandDraft[]) => void
}

/** Replaces the rows by those that another doctor of the clinic has on the first day, or has next. */
export function CopyHours({ clinicId, doctorId, from, onCopied }: Props) {
  const { t } = useTranslation('working-hours')
  const others = useClinic().doctors.filter(({ id }) => id !== doctorId)
  const [chosen, setChosen] = useState(others[0]?.id ?? '')
  const queryClient = useQueryClient()
  const copy = useMutation({
    mutationFn: async () => {
      const { versions } = await queryClient.fetchQuery(workingHoursQuery({ clinicId, doctorId: chosen }))
      return versions.filter(({ validUntil }) => validUntil === null || validUntil >= from)
    },
    onSuccess: (versions) => {
      if (versions.length > 0) onCopied(draftOf(versions, from).bands)
    },
  })
  if (others.length === 0) return null
  return (
    <div>
      <Group align="end" gap="sm">
        <NativeSelect
          label={t('copy.of')}
          value={chosen}
          onChange={({ currentTarget }) => {
            setChosen(currentTarget.value)
            copy.reset()
          }}
          data={others.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <ActionButton variant="default" isBusy={copy.isPending} disabled={from === ''} onClick={() => copy.mutate()}>
          {t('copy.do')}
        </ActionButton>
      </Group>
      <Text c="dimmed" mt={6} role="status">
        {t(copy.data?.length === 0 ? 'copy.none' : 'copy.help')}
      </Text>
      {copy.isError ? <ErrorState error={copy.error} /> : null}
    </div>
  )
}
