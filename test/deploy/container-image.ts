import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The last stage of deploy/Containerfile. */
export type ContainerImage = {
  /** Its RUN lines, as shell scripts. */
  steps: string[]
  /** The target of COPY --from=build: where the release goes. */
  releaseDirectory: string
  environment: string[]
  user: string
  workingDirectory: string
  volume: string
  /** The command of ENTRYPOINT and CMD. */
  command: string[]
  healthCheck: string[]
}

/** Reads what an engine would do. @throws Error for an instruction that this does not know */
export function readContainerfile(): ContainerImage {
  const text = readFileSync(join(import.meta.dirname, '../../deploy/Containerfile'), 'utf8')
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', '')
    .split('\n')
  const stage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')) + 1).filter((line) => line !== '')
  const parts = stage.map((line) => /^([A-Z]+) (.*)$/.exec(line)?.slice(1) ?? [line, ''])
  const all = (name: string) => parts.filter(([known]) => known === name).map(([, rest = '']) => rest)
  const one = (name: string) => {
    const [found, another] = all(name)
    if (found === undefined || another !== undefined) throw new Error(`Expected one ${name} in deploy/Containerfile.`)
    return found
  }
  const known = 'RUN COPY ENV USER WORKDIR VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD'.split(' ')
  const unknown = parts.map(([name = '']) => name).filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`deploy/Containerfile has ${unknown.join(', ')}, which the test does not know.`)
  const list = (text: string) => JSON.parse(text.slice(text.indexOf('['))) as string[]
  return {
    steps: all('RUN'),
    releaseDirectory: one('COPY').replace('--from=build /holdfast ', ''),
    environment: all('ENV'),
    user: one('USER'),
    workingDirectory: one('WORKDIR'),
    volume: one('VOLUME'),
    command: [...list(one('ENTRYPOINT')), ...list(one('CMD'))],
    healthCheck: list(one('HEALTHCHECK')),
  }
}

/** The command that starts an image's program as the systemd unit `image`, with the restrictions of a container. */
export function restrictedStart({ environment, user, workingDirectory, volume, command }: ContainerImage): string {
  const settings = environment.map((line) => `--setenv=${line}`)
  const restrictions = [
    `User=${user}`,
    `WorkingDirectory=${workingDirectory}`,
    'ProtectSystem=strict',
    'ReadOnlyPaths=/',
    `ReadWritePaths=${volume}`,
    'TemporaryFileSystem=/tmp',
    'CapabilityBoundingSet=',
    'NoNewPrivileges=yes',
  ].map((one) => `--property=${one}`)
  return ['systemd-run', '--unit=image', ...restrictions, ...settings, ...command].join(' ')
}
