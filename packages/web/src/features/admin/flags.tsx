import { Badge, Group } from '@mantine/core'

/** What has to be provided for a patient. */
export function Flags({ flags }: { flags: readonly string[] }) {
  return (
    <Group gap={6} component="span">
      {flags.map((flag) => (
        <Badge key={flag} variant="outline" color="pine" tt="none" size="lg" component="span">
          <bdi>{flag}</bdi>
        </Badge>
      ))}
    </Group>
  )
}
