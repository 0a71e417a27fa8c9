import type { SecondFactors } from '@holdfast/contract/client'
import { Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { secondFactorsQuery } from './second-factors-query.ts'

type FactorsSectionProps = {
  id: string
  title: string
  intro: string
  show: (factors: SecondFactors) => ReactNode
  /** The dialog that changes them. */
  children: ReactNode
}

/** A section about one kind of second factors: what they are, and those of the account. */
export function FactorsSection({ id, title, intro, show, children }: FactorsSectionProps) {
  const factors = useQuery(secondFactorsQuery)
  return (
    <Stack gap="sm" component="section" aria-labelledby={id}>
      <Title order={2} size="h3" id={id}>
        {title}
      </Title>
      <Paper withBorder radius="lg" p={{ base: 'md', sm: 'xl' }}>
        <Stack gap="md">
          <Text>{intro}</Text>
          {factors.data === undefined ? <LoadingOrError of={factors} /> : show(factors.data)}
        </Stack>
      </Paper>
      {children}
    </Stack>
  )
}
