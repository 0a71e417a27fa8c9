import type { Doctor } from '@holdfast/contract/client'
import { Button, Checkbox, Group, MultiSelect, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { roomProblem, videoRoomQuery } from '../../../domain/video/video-room.ts'
import { VideoRoomField } from '../../../domain/video/video-room-field.tsx'
import { formatLanguage } from '../../../lib/format.ts'
import { ErrorState } from '../../../ui/error-state.tsx'
import { type DoctorDraft, draftOf } from './doctor-draft.ts'
import { DoctorNumbers } from './doctor-numbers.tsx'
import { useSaveDoctor } from './use-save-doctor.ts'

/** Common ones first offered; what a doctor has already is always among them. */
const languageTags = 'ar de en es fa fr hi it ja ku nl pl pt ro ru sq tr uk ur vi zh'.split(' ')

/** What is told of a doctor, and where their video visits take place. Without one, a new one is made. */
export function DoctorForm({ doctor, onDone }: { doctor: Doctor | null; onDone: () => void }) {
  const { t } = useTranslation('admin')
  const [draft, setDraft] = useState<DoctorDraft>(() => draftOf(doctor))
  const [typedRoom, setTypedRoom] = useState<string | null>(null)
  const [isTried, setTried] = useState(false)
  const room = useQuery({ ...videoRoomQuery(doctor?.id ?? ''), enabled: doctor !== null })
  const saving = useSaveDoctor(doctor, onDone)
  const change = (part: Partial<DoctorDraft>) => setDraft({ ...draft, ...part })
  const hasVideo = draft.appointmentTypes.includes('video')
  const videoRoom = hasVideo ? typedRoom : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (draft.appointmentTypes.length === 0) return
    if (videoRoom !== null && roomProblem(videoRoom) !== null) document.getElementById('video-room')?.focus()
    else saving.mutate({ draft, videoRoom })
  }
  return (
    <form onSubmit={submit}>
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
        <DoctorNumbers draft={draft} onChange={change} />
        <Languages tags={draft.languages} onChange={change} />
        <Types types={draft.appointmentTypes} isTried={isTried} onChange={change} />
        {hasVideo ? (
          <VideoRoomField
            value={typedRoom ?? (doctor === null ? '' : room.isPending ? null : (room.data ?? ''))}
            isTried={isTried}
            onChange={setTypedRoom}
          />
        ) : null}
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

function Languages({ tags, onChange }: { tags: string[]; onChange: (part: { languages: string[] }) => void }) {
  const { t } = useTranslation('admin')
  return (
    <MultiSelect
      size="md"
      label={t('field.languages')}
      searchable
      data={[...new Set([...languageTags, ...tags])].map((tag) => ({ value: tag, label: formatLanguage(tag) }))}
      value={tags}
      onChange={(languages) => onChange({ languages })}
    />
  )
}

type TypesProps = {
  types: string[]
  isTried: boolean
  onChange: (part: { appointmentTypes: string[] }) => void
}

function Types({ types, isTried, onChange }: TypesProps) {
  const { t } = useTranslation(['admin', 'shell'])
  return (
    <Checkbox.Group
      size="md"
      label={t('field.appointmentTypes')}
      value={types}
      error={isTried && types.length === 0 ? t('doctors.typeRequired') : null}
      onChange={(appointmentTypes) => onChange({ appointmentTypes })}
    >
      <Group gap="lg" mt={6}>
        <Checkbox value="in_person" label={t('shell:appointmentType.in_person')} />
        <Checkbox value="video" label={t('shell:appointmentType.video')} />
      </Group>
    </Checkbox.Group>
  )
}
