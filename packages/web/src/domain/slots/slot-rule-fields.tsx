import { ActionIcon, Button, Checkbox, Group, NumberInput, Stack, TextInput } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { formatDate } from '../../lib/format.ts'
import { Icon } from '../../ui/icon.tsx'
import layoutClasses from '../../ui/layout.module.css'
import type { RuleField, SlotRuleDraft } from './slot-rule-draft.ts'
import classes from './slot-rule-fields.module.css'

type SlotRuleFieldsProps = {
  draft: SlotRuleDraft
  wrong: readonly RuleField[]
  onChange: (part: Partial<SlotRuleDraft>) => void
}

const breaksMax = 10

/** The fields of a slot rule: which days, from when to when, how long each, with which breaks. */
export function SlotRuleFields({ draft, wrong, onChange }: SlotRuleFieldsProps) {
  const { t } = useTranslation('desk')
  const errorOf = (field: RuleField, text: string) => (wrong.includes(field) ? text : null)
  return (
    <Stack gap="md">
      <div className={layoutClasses.shortFields}>
        <TextInput
          type="date"
          label={t('rule.from')}
          value={draft.from}
          error={errorOf('from', t('rule.dayWrong'))}
          onChange={({ currentTarget }) => onChange({ from: currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('rule.to')}
          value={draft.to}
          error={errorOf('to', t('rule.daysWrong', { count: 366 }))}
          onChange={({ currentTarget }) => onChange({ to: currentTarget.value })}
        />
      </div>
      <Checkbox.Group
        size="md"
        label={t('rule.weekdays')}
        value={draft.weekdays.map(String)}
        error={errorOf('weekdays', t('rule.weekdaysWrong'))}
        onChange={(days) => onChange({ weekdays: days.map(Number) })}
      >
        <Group gap="md" mt={6}>
          {[1, 2, 3, 4, 5, 6, 7].map((day) => (
            <Checkbox key={day} value={String(day)} label={weekdayName(day)} />
          ))}
        </Group>
      </Checkbox.Group>
      <div className={layoutClasses.shortFields}>
        <TextInput
          type="time"
          label={t('rule.startTime')}
          value={draft.startTime}
          error={errorOf('startTime', t('rule.timeWrong'))}
          onChange={({ currentTarget }) => onChange({ startTime: currentTarget.value })}
        />
        <TextInput
          type="time"
          label={t('rule.endTime')}
          value={draft.endTime}
          error={errorOf('endTime', t('rule.endWrong'))}
          onChange={({ currentTarget }) => onChange({ endTime: currentTarget.value })}
        />
        <NumberInput
          size="md"
          label={t('rule.slotMinutes')}
          min={5}
          max={1440}
          step={5}
          allowDecimal={false}
          value={draft.slotMinutes}
          error={errorOf('slotMinutes', t('rule.minutesWrong'))}
          onChange={(slotMinutes) => onChange({ slotMinutes })}
        />
        <NumberInput
          size="md"
          label={t('rule.capacity')}
          min={1}
          max={1_000_000}
          allowDecimal={false}
          value={draft.capacity}
          error={errorOf('capacity', t('rule.capacityWrong'))}
          onChange={(capacity) => onChange({ capacity })}
        />
      </div>
      <Breaks breaks={draft.breaks} isWrong={wrong.includes('breaks')} onChange={(breaks) => onChange({ breaks })} />
    </Stack>
  )
}

type BreaksProps = {
  breaks: SlotRuleDraft['breaks']
  isWrong: boolean
  onChange: (breaks: SlotRuleDraft['breaks']) => void
}

function Breaks({ breaks, isWrong, onChange }: BreaksProps) {
  const { t } = useTranslation('desk')
  const idMax = Math.max(0, ...breaks.map(({ id }) => id))
  const set = (index: number, part: Partial<SlotRuleDraft['breaks'][number]>) =>
    onChange(breaks.map((one, at) => (at === index ? { ...one, ...part } : one)))
  return (
    <Stack gap="sm">
      {breaks.map((one, index) => (
        <div key={one.id} className={classes.break}>
          <TextInput
            type="time"
            label={t('rule.breakFrom', { number: index + 1 })}
            value={one.startTime}
            onChange={({ currentTarget }) => set(index, { startTime: currentTarget.value })}
          />
          <TextInput
            type="time"
            label={t('rule.breakTo', { number: index + 1 })}
            value={one.endTime}
            error={isWrong && one.endTime <= one.startTime ? t('rule.endWrong') : null}
            onChange={({ currentTarget }) => set(index, { endTime: currentTarget.value })}
          />
          <ActionIcon
            size={42}
            variant="default"
            aria-label={t('rule.removeBreak', { number: index + 1 })}
            onClick={() => onChange(breaks.filter((_, at) => at !== index))}
          >
            <Icon of={IconX} />
          </ActionIcon>
        </div>
      ))}
      {breaks.length < breaksMax ? (
        <Group>
          <Button
            size="sm"
            variant="default"
            onClick={() => onChange([...breaks, { id: idMax + 1, startTime: '', endTime: '' }])}
          >
            {t('rule.addBreak')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}

/** 2024 began on a Monday. */
function weekdayName(day: number): string {
  return formatDate(`2024-01-0${day}`, { weekday: 'long' })
}
