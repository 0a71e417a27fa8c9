import type { Projection } from '@holdfast/contract/case-state'
import type { Case } from '@holdfast/contract/client'
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Drawer } from '../../../ui/dialogs/drawer.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import type { Names } from '../conflict-text.ts'
import { caseQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { CaseActions } from './case-actions.tsx'
import { CaseAllocations } from './case-allocations.tsx'
import { CaseFacts } from './case-facts.tsx'
import { CaseHistory } from './case-history.tsx'
import { CaseMilestones } from './case-milestones.tsx'

type CaseDialogProps = {
  /** null: closed. */
  caseId: string | null
  names: Names
  /** The cases of the board that earlier ones keep waiting, and which: see casesAtRisk. */
  risks: ReadonlyMap<string, string>
  projections: ReadonlyMap<string, Projection>
  onClose: () => void
}

/** A case with its team, equipment, milestones and history, and what can be done with it. */
export function CaseDialog({ caseId, names, risks, projections, onClose }: CaseDialogProps) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const listed = caseId === null ? undefined : names.caseOf(caseId)
  // A case of another day is not on the board; only the board says which cases are at risk.
  const read = useQuery({ ...caseQuery(clinicId, caseId ?? ''), enabled: caseId !== null && listed === undefined })
  const one: Case | undefined = listed ?? (caseId === null ? undefined : read.data)
  return (
    <Drawer isOpen={caseId !== null} onClose={onClose} title={one?.procedure.display ?? t('case.title')}>
      {one === undefined ? (
        <LoadingOrError of={read} />
      ) : (
        <Stack gap="lg">
          <CaseFacts one={one} names={names} atRiskBy={risks.get(one.id) ?? null} projections={projections} />
          <CaseActions key={`${one.id} ${one.version}`} one={one} names={names} />
          <CaseMilestones key={one.id} one={one} names={names} />
          <CaseAllocations one={one} names={names} />
          <CaseHistory one={one} />
        </Stack>
      )}
    </Drawer>
  )
}
