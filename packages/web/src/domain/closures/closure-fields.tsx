import { lengths, yearDaysMax } from '@holdfast/vocabulary'
import { Checkbox, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { DateField } from '../../ui/fields/date-field.tsx'
import { TimeField } from '../../ui/fields/time-field.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { type ClosureDraft, requestOf } from './closure-draft.ts'

type FieldsProps = {
  draft: ClosureDraft
  onChange: (draft: ClosureDraft) => void
  /** Who can be chosen; undefined: it stays whose it is, and how often. */
  doctors?: readonly { id: string; name: string }[] | undefined
  /** The rooms and devices that can be chosen. */
  resources?: readonly { id: string; name: string }[] | undefined
  /** A new closure may be yearly. */
  isNew: boolean
}

/** The fields of a closure: whose it is, its days or times, and a note. */
export function ClosureFields({ draft, onChange, doctors, resources = [], isNew }: FieldsProps) {
  const { t } = useTranslation('calendars')
  const { from, to, isWhole, yearly } = draft
  const set = (part: Partial<ClosureDraft>) => onChange({ ...draft, ...part })
  const isComplete = from !== '' && to !== ''
  const error = isComplete && requestOf(draft) === null ? t('closures.invalid', { days: yearDaysMax }) : null
  return (
    <Stack gap="md">
      {doctors === undefined ? null : (
        <NativeSelect
          maw="24rem"
          label={t('closures.whose')}
          value={draft.doctorId || draft.resourceId}
          onChange={({ currentTarget: { value } }) => {
            const isResource = resources.some(({ id }) => id === value)
            set(isResource ? { doctorId: '', resourceId: value } : { doctorId: value, resourceId: '' })
          }}
          data={[
            { value: '', label: t('closures.clinic') },
            ...optionsOf(doctors),
            ...(resources.length === 0 ? [] : [{ group: t('closures.resources'), items: optionsOf(resources) }]),
          ]}
        />
      )}
      <Stack gap="xs">
        {yearly ? null : (
          <Checkbox
            label={t('closures.whole')}
            checked={isWhole}
            onChange={({ currentTarget }) => set({ isWhole: currentTarget.checked })}
          />
        )}
        {isNew ? (
          <Checkbox
            label={t('closures.yearly')}
            checked={yearly}
            onChange={({ currentTarget }) => set({ yearly: currentTarget.checked, isWhole: true })}
          />
        ) : null}
      </Stack>
      <div className={layoutClasses.shortFields}>
        <DateField
          label={yearly ? t('closures.day') : t('closures.from')}
          required
          withAsterisk={false}
          value={from}
          onChange={(day) => set({ from: day, to: to < day ? day : to })}
        />
        {isWhole ? null : (
          <TimeField label={t('closures.fromTime')} value={draft.fromTime} onChange={(fromTime) => set({ fromTime })} />
        )}
        {yearly ? null : (
          <DateField
            label={t('closures.to')}
            required
            withAsterisk={false}
            min={from}
            value={to}
            error={error}
            onChange={(day) => set({ to: day })}
          />
        )}
        {isWhole ? null : (
          <TimeField label={t('closures.toTime')} value={draft.toTime} onChange={(toTime) => set({ toTime })} />
        )}
      </div>
      <TextInput
        label={t('closures.note')}
        description={t('closures.noteHelp')}
        maxLength={lengths.closureNote}
        autoComplete="off"
        value={draft.note}
        onChange={({ currentTarget }) => set({ note: currentTarget.value })}
      />
    </Stack>
  )
}

function optionsOf(named: readonly { id: string; name: string }[]) {
  return named.map(({ id, name }) => ({ value: id, label: name }))
}
