import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { roomProblem, saveVideoRoom, videoRoomQuery } from '../../domain/video/video-room.ts'
import { VideoRoomField } from '../../domain/video/video-room-field.tsx'
import { clinicKey } from '../../lib/clinic-queries.ts'
import { doctorQuery } from '../../lib/directory-queries.ts'
import { problemMessage } from '../../lib/problem-message.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { PageLoading } from '../../ui/page-loading.tsx'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { useShownDay } from './use-own-days.ts'

/** Where the doctor's own video visits take place. */
export function VideoPage() {
  const { doctorId } = useShownDay()
  const room = useQuery(videoRoomQuery(doctorId))
  if (room.data === undefined) {
    return room.isError ? <ErrorState error={room.error} retry={() => void room.refetch()} /> : <PageLoading />
  }
  // Whatever was saved, also by undoing it, the form begins again from there.
  return <RoomForm key={`${doctorId} ${room.data}`} doctorId={doctorId} room={room.data} />
}

function RoomForm({ doctorId, room }: { doctorId: string; room: string | null }) {
  const { t } = useTranslation('doctor-day')
  const [typed, setTyped] = useState(room ?? '')
  const [isTried, setTried] = useState(false)
  const doctor = useQuery(doctorQuery(doctorId)).data
  const saving = useSaveRoom(doctorId, room)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (roomProblem(typed) === null) saving.mutate(typed)
    else document.getElementById('video-room')?.focus()
  }
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
          <VideoRoomField value={typed} isTried={isTried} onChange={setTyped} />
          <Group>
            <Button type="submit" disabled={typed.trim() === (room ?? '')} loading={saving.isPending}>
              {t('video.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </section>
  )
}

/** @param before what it was, for taking it back */
function useSaveRoom(doctorId: string, before: string | null) {
  const { t } = useTranslation('doctor-day')
  const { t: tProblem } = useTranslation('problems')
  const { clinic } = useShownDay()
  const queryClient = useQueryClient()
  const keep = (url: string | null) => {
    queryClient.setQueryData(videoRoomQuery(doctorId).queryKey, url)
    // The bookings' links lead there.
    return queryClient.invalidateQueries({ queryKey: clinicKey(clinic.id) })
  }
  const mutation = useMutation({
    mutationFn: (url: string) => saveVideoRoom(doctorId, url),
    onSuccess: (url) => {
      const id = crypto.randomUUID()
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
      return keep(url)
    },
    onError: (error) => {
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title, message: help })
    },
  })
  return mutation
}
