import type { Block } from '@holdfast/contract/client'
import { NativeSelect, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import layoutClasses from '../../../ui/layout.module.css'
import { useTeam } from '../book/use-team.ts'

const kinds = ['service', 'surgeon', 'everybody'] as const

/** Whose a block is, while it is typed in. */
export type Owner = { kind: (typeof kinds)[number]; service: string; surgeonId: string }

export const newOwner: Owner = { kind: 'service', service: '', surgeonId: '' }

export function ownerOfBlock({ service, surgeonId }: Pick<Block, 'service' | 'surgeonId'>): Owner {
  const kind = service !== null ? 'service' : surgeonId !== null ? 'surgeon' : 'everybody'
  return { kind, service: service ?? '', surgeonId: surgeonId ?? '' }
}

/** As the API takes it. A service's block may be one surgeon's of that service. */
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

export function OwnerFields({ owner, onChange }: { owner: Owner; onChange: (owner: Owner) => void }) {
  const { t } = useTranslation('theatre')
  const { surgeons } = useTeam()
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
          maxLength={100}
          dir="auto"
          value={owner.service}
          onChange={({ currentTarget }) => onChange({ ...owner, service: currentTarget.value })}
        />
      ) : null}
      {owner.kind === 'everybody' ? null : (
        <NativeSelect
          label={t('field.surgeon')}
          required={owner.kind === 'surgeon'}
          value={owner.surgeonId}
          onChange={({ currentTarget }) => onChange({ ...owner, surgeonId: currentTarget.value })}
          data={[{ value: '', label: t(owner.kind === 'surgeon' ? 'field.choose' : 'blocks.anySurgeon') }, ...surgeons]}
        />
      )}
    </div>
  )
}
