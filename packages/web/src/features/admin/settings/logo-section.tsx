import { logoLimits } from '@holdfast/vocabulary'
import { FileButton, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ClinicLogo } from '../../../domain/clinics/clinic-logo.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { refusalCode } from '../../../lib/api/api-error.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../../lib/queries/directory-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

/** The logo on the clinic's e-mails and public pages. */
export function LogoSection() {
  const { t } = useTranslation('admin')
  const { clinicId, clinic } = useClinic()
  const [problem, setProblem] = useState<LogoProblem | null>(null)
  const reset = useRef<() => void>(null)
  const saving = useSaveLogo(clinicId, clinic.name)
  const choose = async (file: File | null) => {
    if (file === null) return
    // The same file can be chosen again, after it was saved smaller.
    reset.current?.()
    saving.reset()
    const found = await problemOfLogo(file)
    setProblem(found)
    if (found === null) saving.mutate(file)
  }
  const remove = () => {
    setProblem(null)
    saving.mutate(null)
  }
  // The browser could read the file: the server has found something else wrong in it.
  const shown = problem ?? (refusalCode(saving.error) === 'invalid_request' ? 'refused' : null)
  return (
    <section className={layoutClasses.panel} aria-labelledby="settings-logo">
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="settings-logo">
            {t('logo.title')}
          </Title>
          <Text c="dimmed" id="settings-logo-help">
            {t('logo.help', { kilobytes: logoLimits.bytesMax / 1024, pixels: logoLimits.pixelsMax })}
          </Text>
        </div>
        <ClinicLogo clinic={clinic} />
        {shown === null ? null : (
          <Text role="alert" c="var(--mantine-color-error)">
            {t(`logo.${shown}`, { kilobytes: logoLimits.bytesMax / 1024, pixels: logoLimits.pixelsMax })}
          </Text>
        )}
        {saving.isError && shown === null ? <ErrorState error={saving.error} /> : null}
        <Group gap="sm">
          <FileButton accept={logoTypes.join()} onChange={(file) => void choose(file)} resetRef={reset}>
            {({ onClick }) => (
              <ActionButton
                variant="default"
                isBusy={saving.isPending}
                onClick={onClick}
                aria-describedby="settings-logo-help"
              >
                {t(clinic.logo === null ? 'logo.choose' : 'logo.replace')}
              </ActionButton>
            )}
          </FileButton>
          {clinic.logo === null ? null : (
            <ActionButton variant="default" isBusy={saving.isPending} onClick={remove}>
              {t('logo.remove')}
            </ActionButton>
          )}
        </Group>
      </Stack>
    </section>
  )
}

/** @returns saves a file as the logo, or removes it with null */
function useSaveLogo(clinicId: string, name: string) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const path = { clinicId }
  return useMutation({
    async mutationFn(file: File | null) {
      if (file === null) await dataOf(api.deleteClinicLogo({ path }))
      else await dataOf(api.setClinicLogo({ path, body: { image: await base64Of(file) } }))
      const clinic = await dataOf(api.getClinic({ path }))
      queryClient.setQueryData(clinicQuery(clinicId).queryKey, clinic)
    },
    async onSuccess() {
      toastDone({ message: t('saved', { name }) })
      void queryClient.invalidateQueries({ queryKey: ['clinics'] })
      await queryClient.invalidateQueries({ queryKey: [...clinicKey(clinicId), 'message-preview'] })
    },
  })
}

const logoTypes = ['image/png', 'image/jpeg', 'image/webp']

type LogoProblem = 'wrongType' | 'tooLarge' | 'tooManyPixels' | 'unreadable'

/** What the server would refuse, found before the upload; null: nothing. The server looks at the content. */
async function problemOfLogo(file: File): Promise<LogoProblem | null> {
  if (!logoTypes.includes(file.type)) return 'wrongType'
  if (file.size > logoLimits.bytesMax) return 'tooLarge'
  try {
    const image = await createImageBitmap(file)
    const { width, height } = image
    image.close()
    return width > logoLimits.pixelsMax || height > logoLimits.pixelsMax ? 'tooManyPixels' : null
  } catch {
    return 'unreadable'
  }
}

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
