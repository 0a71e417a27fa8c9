import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { roomProblem, saveVideoRoom, videoRoomQuery } from '../../domain/video/video-room.ts'
import { VideoRoomField } from '../../domain/video/video-room-field.tsx'
import { randomKey } from '../../lib/api/random-key.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import { useShowError } from '../../ui/use-show-error.ts'
import { useShownDay } from './use-own-days.ts'

/** The address of the doctor's video visits. */
export function VideoPage() {
  const { doctorId } = useShownDay()
  const room = useQuery(videoRoomQuery(doctorId))
  if (room.data === undefined) return <LoadingOrError of={room} />
  // After each save, including an undo, the form starts again from the saved value.
  return <RoomForm key={`${doctorId} ${room.data}`} doctorId={doctorId} room={room.data} />
}

function RoomForm({ doctorId, room }: { doctorId: string; room: string | null }) {
  const { t } = useTranslation('doctor-day')
  const { t: tSchedule } = useTranslation('schedule')
  const doctor = useQuery(doctorQuery(doctorId)).data
  const saving = useSaveRoom(doctorId, room)
  const form = useForm<{ videoRoom: string }>({
    initialValues: { videoRoom: room ?? '' },
    validate: {
      videoRoom: (typed) => {
        const problem = roomProblem(typed)
        return problem === null ? null : tSchedule(`video.invalid.${problem}`)
      },
    },
  })
  const { videoRoom } = form.getValues()
  const submit = form.onSubmit(
    () => saving.mutate(videoRoom),
    () => form.getInputNode('videoRoom')?.focus(),
  )
  return (
    <section className={layoutClasses.panel} aria-labelledby="video-title">
      <form onSubmit={submit} noValidate>
        <Stack gap="md" maw="40rem">
          <div>
            <Title order={2} size="h3" id="video-title">
              {t('tabs.video')}
            </Title>
            <Text c="dimmed">{t('video.intro')}</Text>
          </div>
          {doctor === undefined || doctor.appointmentTypes.includes('video') ? null : (
            <Text role="note">{t('video.notOffered')}</Text>
          )}
          <VideoRoomField inputProps={form.getInputProps('videoRoom')} value={videoRoom} />
          <Group>
            <ActionButton type="submit" disabled={videoRoom.trim() === (room ?? '')} isBusy={saving.isPending}>
              {t('video.save')}
            </ActionButton>
          </Group>
        </Stack>
      </form>
    </section>
  )
}

/** @param before the value that an undo restores */
function useSaveRoom(doctorId: string, before: string | null) {
  const { t } = useTranslation('doctor-day')
  const showError = useShowError()
  const { clinic } = useShownDay()
  const queryClient = useQueryClient()
  const storeRoom = (url: string | null) => {
    queryClient.setQueryData(videoRoomQuery(doctorId).queryKey, url)
    // The links of the bookings contain it.
    return queryClient.invalidateQueries({ queryKey: clinicKey(clinic.id) })
  }
  const mutation = useMutation({
    mutationFn: (url: string) => saveVideoRoom(doctorId, url),
    onSuccess: (url) => {
      const id = randomKey()
      const undo = () => {
        notifications.hide(id)
        mutation.mutate(before ?? '')
      }
      toastDone({
        id,
        message: (
          <Group justify="space-between">
            <span>{t(url === null ? 'video.removed' : 'video.saved')}</span>
            {url === before ? null : (
              <Button size="compact-sm" variant="default" onClick={undo}>
                {t('video.undo')}
              </Button>
            )}
          </Group>
        ),
      })
      return storeRoom(url)
    },
    onError: showError,
  })
  return mutation
}
