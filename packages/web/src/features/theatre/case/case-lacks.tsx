import type { Case, CaseLack } from '@holdfast/contract/client'
import { Alert, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumber, formatTime } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import type { Names } from '../conflict-text.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './case.module.css'
import { useCaseAction } from './use-case-action.ts'

/** What a case does not have of its plan, and who has it; what is free can be taken again. */
export function CaseLacks({ one, lacks, names }: { one: Case; lacks: CaseLack[]; names: Names }) {
  const { t } = useTranslation('theatre')
  const { isStaff } = useTheatre()
  return (
    <Alert color="red" variant="outline" title={t('state.incomplete')}>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{t('lacks.help')}</Text>
        <ul className={classes.list}>
          {lacks.map((lack) => (
            <li key={`${lack.kind} ${lack.resourceId} ${lack.unit}`}>
              <LackText lack={lack} names={names} />
            </li>
          ))}
        </ul>
        {isStaff && lacks.some(({ isFree }) => isFree) ? <TakeAgain one={one} /> : null}
      </Stack>
    </Alert>
  )
}

/** The same end again. */
function TakeAgain({ one: { id, procedure, expectedEndsAt } }: { one: Case }) {
  const { t } = useTranslation('theatre')
  const action = useCaseAction<unknown>()
  return (
    <ActionButton
      size="sm"
      isBusy={action.isPending}
      onClick={() =>
        action.mutate({
          run: () => dataOf(api.extendCase({ path: { caseId: id }, body: { expectedEndsAt } })),
          done: t('lacks.done', { name: procedure.display }),
        })
      }
    >
      {t('lacks.again')}
    </ActionButton>
  )
}

function LackText({ lack, names }: { lack: CaseLack; names: Names }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const { kind, resourceId, unit, from, to, isFree, caseId, slotId } = lack
  const what =
    kind === 'room'
      ? names.room(resourceId)
      : kind === 'patient'
        ? t('field.patient')
        : kind === 'equipment'
          ? t('resources.unit', { name: names.equipment(resourceId), unit: formatNumber(unit) })
          : names.person(resourceId)
  const values = { what, from: formatTime(from, timeZone), to: formatTime(to, timeZone) }
  const other = caseId === null ? undefined : names.caseOf(caseId)
  if (other !== undefined) {
    return t('lacks.case', { ...values, procedure: other.procedure.display, room: names.room(other.roomId) })
  }
  if (slotId !== null) return t('lacks.slot', values)
  return isFree ? t('lacks.free', values) : t('lacks.taken', values)
}
