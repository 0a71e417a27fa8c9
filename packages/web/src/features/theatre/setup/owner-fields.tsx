import type { Block } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { NativeSelect, Skeleton, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useTeam } from '../draft/use-team.ts'

const kinds = ['service', 'surgeon', 'everybody'] as const

/** The owner of a block, while it is typed in. */
export type Owner = { kind: (typeof kinds)[number]; service: string; surgeonId: string }

export const newOwner: Owner = { kind: 'service', service: '', surgeonId: '' }

export function ownerOfBlock({ service, surgeonId }: Pick<Block, 'service' | 'surgeonId'>): Owner {
  const kind = service !== null ? 'service' : surgeonId !== null ? 'surgeon' : 'everybody'
  return { kind, service: service ?? '', surgeonId: surgeonId ?? '' }
}

/** The owner as the API takes it. A service's block may be one surgeon's of that service. */
export function ownerOf({ kind, service, surgeonId }: Owner): { service?: string; surgeonId?: string } {
  if (kind === 'everybody') return {}
  return {
    ...(kind === 'service' && service.trim() !== '' ? { service: service.trim() } : {}),
    ...(surgeonId === '' ? {} : { surgeonId }),
  }
}

/** Whether the API takes both for the same owner. */
export function isSameOwner(one: Owner, other: Owner): boolean {
  const [a, b] = [ownerOf(one), ownerOf(other)]
  return a.service === b.service && a.surgeonId === b.surgeonId
}

type OwnerFieldsProps = { owner: Owner; onChange: (owner: Owner) => void }

export function OwnerFields({ owner, onChange }: OwnerFieldsProps) {
  const { t } = useTranslation('theatre')
  return (
    <div className={layoutClasses.fields}>
      <NativeSelect
        label={t('blocks.owner')}
        value={owner.kind}
        onChange={({ currentTarget }) =>
          onChange({ ...owner, kind: kinds.find((kind) => kind === currentTarget.value) ?? 'everybody' })
        }
        data={kinds.map((value) => ({ value, label: t(`blocks.ownerKind.${value}`) }))}
      />
      {owner.kind === 'service' ? (
        <TextInput
          label={t('field.service')}
          required
          maxLength={lengths.specialization}
          dir="auto"
          value={owner.service}
          onChange={({ currentTarget }) => onChange({ ...owner, service: currentTarget.value })}
        />
      ) : null}
      {owner.kind === 'everybody' ? null : <SurgeonField owner={owner} onChange={onChange} />}
    </div>
  )
}

function SurgeonField({ owner, onChange }: OwnerFieldsProps) {
  const { t } = useTranslation('theatre')
  const { isRead, failed, surgeons } = useTeam({ surgeonId: owner.surgeonId })
  const failure = failed === undefined ? null : <ErrorState error={failed.error} retry={() => void failed.refetch()} />
  // It would show another surgeon than the one who is chosen. If none is, it is shown: a required one must be missed.
  if (!isRead && owner.surgeonId !== '') return failure ?? <Skeleton height={68} aria-busy="true" />
  return (
    <>
      <NativeSelect
        label={t('field.surgeon')}
        required={owner.kind === 'surgeon'}
        value={owner.surgeonId}
        onChange={({ currentTarget }) => onChange({ ...owner, surgeonId: currentTarget.value })}
        data={[{ value: '', label: t(owner.kind === 'surgeon' ? 'field.choose' : 'blocks.anySurgeon') }, ...surgeons]}
      />
      {failure}
    </>
  )
}
