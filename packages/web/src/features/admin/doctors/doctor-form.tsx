import type { Doctor } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Checkbox, Group, MultiSelect, Stack, TextInput } from '@mantine/core'
import { type GetInputPropsReturnType, useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { roomProblem, videoRoomQuery } from '../../../domain/video/video-room.ts'
import { VideoRoomField } from '../../../domain/video/video-room-field.tsx'
import { formatLanguage } from '../../../lib/i18n/format.ts'
import { withEachWord } from '../../../lib/with-each-word.ts'
import { SaveButton } from '../../../ui/save-button.tsx'
import { usualCurrency } from '../shared/fees/usual-currency.ts'
import { languageTags } from '../shared/patient/language-tags.ts'
import { useClinic } from '../use-clinic.ts'
import { type DoctorDraft, draftOf } from './doctor-draft.ts'
import { DoctorNumbers } from './doctor-numbers.tsx'
import { useSaveDoctor } from './use-save-doctor.ts'

/** `videoRoom` is null until it is edited. */
type FormValues = DoctorDraft & { videoRoom: string | null }

/** Adds a doctor, or edits one; with the address of their video visits. */
export function DoctorForm({ doctor, onDone }: { doctor: Doctor | null; onDone: (saved: Doctor) => void }) {
  const { t } = useTranslation(['admin', 'schedule'])
  const { timeZone, doctors } = useClinic()
  const room = useQuery({ ...videoRoomQuery(doctor?.id ?? ''), enabled: doctor !== null })
  const saving = useSaveDoctor(doctor, onDone)
  const form = useForm<FormValues>({
    initialValues: { ...draftOf(doctor, usualCurrency(timeZone, doctors)), videoRoom: null },
    validate: {
      appointmentTypes: (types) => (types.length === 0 ? t('doctors.typeRequired') : null),
      videoRoom: (typed, { appointmentTypes }) => {
        const problem = appointmentTypes.includes('video') ? roomProblem(typed ?? '') : null
        return problem === null ? null : t(`schedule:video.invalid.${problem}`)
      },
    },
  })
  const { appointmentTypes, currency, languages, videoRoom } = form.getValues()
  const hasVideo = appointmentTypes.includes('video')
  const submit = form.onSubmit(
    ({ videoRoom: typedRoom, ...draft }) => saving.mutate({ draft, videoRoom: hasVideo ? typedRoom : null }),
    (errors) => {
      if (errors.videoRoom) form.getInputNode('videoRoom')?.focus()
    },
  )
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          required
          maxLength={lengths.name}
          dir="auto"
          data-autofocus
          {...form.getInputProps('name')}
        />
        <TextInput
          label={t('field.specialization')}
          description={t('field.specializationHelp')}
          required
          maxLength={lengths.specialization}
          dir="auto"
          {...form.getInputProps('specialization')}
        />
        <DoctorNumbers currency={currency} inputProps={form.getInputProps} />
        <MultiSelect
          size="md"
          label={t('field.languages')}
          searchable
          filter={withEachWord}
          data={[...new Set([...languageTags, ...languages])].map((tag) => ({
            value: tag,
            label: formatLanguage(tag),
          }))}
          {...form.getInputProps('languages')}
        />
        <AppointmentTypes inputProps={form.getInputProps} />
        {hasVideo ? (
          <VideoRoomField
            inputProps={form.getInputProps('videoRoom')}
            value={videoRoom ?? (doctor === null ? '' : room.isPending ? null : (room.data ?? ''))}
          />
        ) : null}
        <SaveButton of={saving} label={doctor === null ? t('doctors.add') : t('save')} />
      </Stack>
    </form>
  )
}

type AppointmentTypesProps = { inputProps: (field: 'appointmentTypes') => GetInputPropsReturnType }

function AppointmentTypes({ inputProps }: AppointmentTypesProps) {
  const { t } = useTranslation(['admin', 'shell'])
  return (
    <Checkbox.Group size="md" label={t('field.appointmentTypes')} {...inputProps('appointmentTypes')}>
      <Group gap="lg" mt={6}>
        <Checkbox value="in_person" label={t('shell:appointmentType.in_person')} />
        <Checkbox value="video" label={t('shell:appointmentType.video')} />
      </Group>
    </Checkbox.Group>
  )
}
