import type { Doctor } from '@holdfast/contract/client'
import { Button, Checkbox, Group, MultiSelect, NumberInput, Select, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../lib/api.ts'
import { doctorQuery } from '../../lib/directory-queries.ts'
import { formatLanguage } from '../../lib/format.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import deskClasses from '../desk/desk.module.css'
import { clinicDoctorsQuery } from '../desk/desk-queries.ts'
import { type DoctorDraft, decimalsOf, doctorOf, draftOf } from './doctor-draft.ts'
import { useClinic } from './use-clinic.ts'

/** Common ones first offered; what a doctor has already is always among them. */
const languageTags = 'ar de en es fa fr hi it ja ku nl pl pt ro ru sq tr uk ur vi zh'.split(' ')
const currencies = Intl.supportedValuesOf('currency')

/** What is told of a doctor. Without one, a new one is made. */
export function DoctorForm({ doctor, onDone }: { doctor: Doctor | null; onDone: () => void }) {
  const { t } = useTranslation('admin')
  const [draft, setDraft] = useState<DoctorDraft>(() => draftOf(doctor))
  const [isShown, setShown] = useState(false)
  const saving = useSaveDoctor(doctor, onDone)
  const change = (part: Partial<DoctorDraft>) => setDraft({ ...draft, ...part })
  const lacksType = draft.appointmentTypes.length === 0
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        setShown(true)
        if (!lacksType) saving.mutate(draft)
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          required
          maxLength={200}
          data-autofocus
          value={draft.name}
          onChange={({ currentTarget }) => change({ name: currentTarget.value })}
        />
        <TextInput
          label={t('field.specialization')}
          required
          maxLength={100}
          value={draft.specialization}
          onChange={({ currentTarget }) => change({ specialization: currentTarget.value })}
        />
        <div className={deskClasses.fields}>
          <NumberInput
            size="md"
            label={t('field.experienceYears')}
            min={0}
            max={80}
            allowDecimal={false}
            value={draft.experienceYears}
            onChange={(experienceYears) => change({ experienceYears })}
          />
          <NumberInput
            size="md"
            label={t('field.fee')}
            min={0}
            max={10_000_000}
            decimalScale={decimalsOf(draft.currency)}
            value={draft.fee}
            onChange={(fee) => change({ fee })}
          />
          <Select
            label={t('field.currency')}
            data={currencies}
            searchable
            allowDeselect={false}
            value={draft.currency}
            onChange={(currency) => change({ currency: currency ?? 'EUR' })}
          />
        </div>
        <MultiSelect
          size="md"
          label={t('field.languages')}
          searchable
          data={[...new Set([...languageTags, ...draft.languages])].map((tag) => ({
            value: tag,
            label: formatLanguage(tag),
          }))}
          value={draft.languages}
          onChange={(languages) => change({ languages })}
        />
        <Types types={draft.appointmentTypes} error={isShown && lacksType} onChange={change} />
        {saving.isError ? <ErrorState error={saving.error} /> : null}
        <Group>
          <Button type="submit" loading={saving.isPending}>
            {doctor === null ? t('doctors.add') : t('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

type TypesProps = {
  types: string[]
  error: boolean
  onChange: (part: { appointmentTypes: string[] }) => void
}

function Types({ types, error, onChange }: TypesProps) {
  const { t } = useTranslation(['admin', 'shell'])
  return (
    <Checkbox.Group
      size="md"
      label={t('field.appointmentTypes')}
      value={types}
      error={error ? t('doctors.typeNeeded') : null}
      onChange={(appointmentTypes) => onChange({ appointmentTypes })}
    >
      <Group gap="lg" mt={6}>
        <Checkbox value="in_person" label={t('shell:appointmentType.in_person')} />
        <Checkbox value="video" label={t('shell:appointmentType.video')} />
      </Group>
    </Checkbox.Group>
  )
}

/** A retry of the same form with a lost answer makes no second doctor: its key stays with what is asked for. */
function useSaveDoctor(doctor: Doctor | null, onDone: () => void) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const attempt = useRef<{ of: string; key: string } | null>(null)
  return useMutation({
    mutationFn: (draft: DoctorDraft): Promise<Doctor> => {
      const body = doctorOf(draft)
      if (doctor !== null) return ask(api.updateDoctor({ path: { doctorId: doctor.id }, body }))
      const of = JSON.stringify(body)
      if (attempt.current?.of !== of) attempt.current = { of, key: crypto.randomUUID() }
      return ask(api.createDoctor({ body: { clinicId, ...body }, headers: { 'Idempotency-Key': attempt.current.key } }))
    },
    onSuccess: async (saved) => {
      queryClient.setQueryData(doctorQuery(saved.id).queryKey, saved)
      await queryClient.invalidateQueries({ queryKey: clinicDoctorsQuery(clinicId).queryKey })
      await queryClient.invalidateQueries({ queryKey: ['doctors'] })
      toastDone({ message: t(doctor === null ? 'doctors.added' : 'saved', { name: saved.name }) })
      onDone()
    },
  })
}
