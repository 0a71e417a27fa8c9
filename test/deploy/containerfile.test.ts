import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'

const text = readFileSync(join(import.meta.dirname, '../../deploy/Containerfile'), 'utf8')
const problemsOf = (containerfile: string) => [...new Set(validate(containerfile).map(({ message }) => message))]

test('the linter finds nothing in the Containerfile, and does find a wrong one', () => {
  expect(problemsOf(text)).toEqual([])
  expect(problemsOf(`${text}CMD ["worker"]\nCOPY x\n`)).toEqual([
    expect.stringContaining('There can only be one CMD'),
    expect.stringContaining('COPY requires at least two arguments'),
  ])
})

test('every base image has a version, and the image runs neither as root nor without a health check', () => {
  const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image)
  expect(images.length).toBe(2)
  for (const image of images) expect(image).toMatch(/^docker\.io\/library\/[a-z]+:[\w.-]*\d/)
  const [user] = [...text.matchAll(/^USER (\S+)$/gm)].map(([, name]) => name).slice(-1)
  expect(user).toBe('holdfast')
  expect(text).toMatch(/^HEALTHCHECK .*CMD \[/m)
  // What a build leaves of packages' lists would be in every copy of the image.
  for (const run of text.matchAll(/^RUN apt-get(?:.*\\\n)*.*$/gm)) expect(run[0]).toContain('rm -rf /var/lib/apt/lists')
})
