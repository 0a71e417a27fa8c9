import type { CaseConflict } from '@holdfast/contract/client'
import { List } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { conflictText, type Names } from './conflict-text.ts'
import { useTheatre } from './use-theatre.ts'

/** Everything that is in the way of a case, each as a sentence. */
export function ConflictList({ conflicts, names }: { conflicts: readonly CaseConflict[]; names: Names }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const sentences = [...new Set(conflicts.map((conflict) => conflictText(conflict, names, timeZone, t)))]
  return (
    <List role="list">
      {sentences.map((sentence) => (
        <List.Item key={sentence}>{sentence}</List.Item>
      ))}
    </List>
  )
}
