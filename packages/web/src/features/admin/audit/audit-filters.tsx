import { NativeSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { parseDay } from '../../../lib/time/local-time.ts'
import { DateField } from '../../../ui/fields/date-field.tsx'
import classes from '../../../ui/filters.module.css'
import { type AuditSearch, auditKinds } from '../admin-search.ts'

export type Person = { accountId: string; name: string }

type AuditFiltersProps = {
  search: AuditSearch
  people: readonly Person[]
  onChange(search: AuditSearch): void
}

/** What, who and when. */
export function AuditFilters({ search, people, onChange }: AuditFiltersProps) {
  const { t } = useTranslation('admin')
  const set = (part: Partial<Record<keyof AuditSearch, string>>) => {
    onChange(Object.fromEntries(Object.entries({ ...search, ...part }).filter(([, value]) => value !== '')))
  }
  const setDay = (name: 'from' | 'to', value: string) => {
    if (value === '' || parseDay(value) !== null) set({ [name]: value })
  }
  return (
    <form className={classes.filters} aria-label={t('audit.filter')} onSubmit={(event) => event.preventDefault()}>
      <NativeSelect
        label={t('audit.what')}
        value={search.kind ?? ''}
        onChange={({ currentTarget }) => set({ kind: currentTarget.value })}
        data={[
          { value: '', label: t('audit.anything') },
          ...auditKinds.map((kind) => ({ value: kind, label: t(`audit.kind.${kind}`) })),
        ]}
      />
      <NativeSelect
        className={classes.phoneRow ?? ''}
        label={t('audit.person')}
        value={search.accountId ?? ''}
        onChange={({ currentTarget }) => set({ accountId: currentTarget.value })}
        data={[
          { value: '', label: t('audit.anybody') },
          ...people.map(({ accountId, name }) => ({ value: accountId, label: name })),
        ]}
      />
      <DateField label={t('filter.from')} value={search.from ?? ''} onChange={(value) => setDay('from', value)} />
      <DateField label={t('filter.to')} value={search.to ?? ''} onChange={(value) => setDay('to', value)} />
    </form>
  )
}
