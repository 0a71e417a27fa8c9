import { Badge, Group } from '@mantine/core'

/** What has to be provided for a patient, such as an interpreter. */
export function Flags({ flags, size = 'lg' }: { flags: readonly string[]; size?: 'md' | 'lg' }) {
  return (
    <Group gap={6} component="span">
      {flags.map((flag) => (
        <Badge key={flag} variant="outline" color="pine" tt="none" size={size} component="span">
          <bdi>{flag}</bdi>
        </Badge>
      ))}
    </Group>
  )
}
