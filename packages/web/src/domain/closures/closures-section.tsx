import { Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Panel } from '../../ui/panel.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import type { BookingLinks } from './closure-effect.tsx'
import { ClosureForm } from './closure-form.tsx'
import { ClosureList } from './closure-list.tsx'
import { closuresQuery, useClosureActions } from './closure-queries.ts'

type ClosuresProps = {
  clinicId: string
  today: string
  /** The doctor whose closures alone can be entered and changed; null: all can. */
  ownDoctorId: string | null
  links: BookingLinks
}

/** A form that closes days or times, and the closures to come. */
export function ClosuresSection(props: ClosuresProps) {
  const { t } = useTranslation('calendars')
  const { clinicId, today } = props
  const closures = useQuery(closuresQuery(clinicId, today))
  const { add } = useClosureActions(clinicId)
  return (
    <>
      <Panel id="close-days" title={t('closures.add')} help={t('closures.addHelp')}>
        <ClosureForm
          {...props}
          submitLabel={t('closures.submit')}
          isBusy={add.isPending}
          error={add.error}
          onSubmit={(request, reset) =>
            add.mutate(request, {
              onSuccess: () => {
                reset()
                toastDone({ message: t('closures.added') })
              },
            })
          }
        />
      </Panel>
      <section aria-labelledby="closures-to-come">
        <Title order={2} size="h3" id="closures-to-come" mb="sm">
          {t('closures.toCome')}
        </Title>
        {closures.data === undefined ? (
          <LoadingOrError of={closures} />
        ) : (
          <ClosureList {...props} closures={closures.data.items} />
        )}
      </section>
    </>
  )
}
