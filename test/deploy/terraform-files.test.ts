// Completeness: a file of deploy/terraform refers to what does not exist, or its database is not protected
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from '@cdktf/hcl2json'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../deploy/terraform')

type Block = Record<string, unknown>
type Named = Record<string, Block[]>
/** A file of Terraform as JSON: blocks by their kind, labels, and an array for each block. */
type Terraform = {
  terraform?: { required_providers: Record<string, { version: string }>[] }[]
  variable?: Named
  output?: Named
  locals?: Block[]
  data?: Record<string, Named>
  resource?: Record<string, Named>
}

async function read(change = (text: string) => text): Promise<Terraform[]> {
  const texts = globSync('*.tf', { cwd: folder }).map(
    (name) => [name, readFileSync(join(folder, name), 'utf8')] as const,
  )
  return Promise.all(texts.map(async ([name, text]) => (await parse(name, change(text))) as Terraform))
}

/** What is written in a file, without the names of its blocks. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

function problemsOf(files: readonly Terraform[]): string[] {
  const twoNames = (kind: 'data' | 'resource') =>
    files.flatMap((file) =>
      Object.entries(file[kind] ?? {}).flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`)),
    )
  const variables = files.flatMap(({ variable }) => Object.keys(variable ?? {}).map((name) => `var.${name}`))
  const locals = files.flatMap((file) => (file.locals ?? []).flatMap(Object.keys)).map((name) => `local.${name}`)
  const defined = [...variables, ...locals, ...twoNames('data').map((name) => `data.${name}`), ...twoNames('resource')]
  const texts = files.flatMap(textsOf)
  const references = texts.flatMap((text) => {
    // Expressions are within ${…}; addresses in other texts, such as eks.amazonaws.com, are none.
    const expressions = text.match(/\$\{[^}]*\}/g) ?? []
    return expressions.flatMap(
      (one) => one.match(/(?<![\w.])(?:var\.\w+|local\.\w+|data\.\w+\.\w+|aws_\w+\.\w+)/g) ?? [],
    )
  })
  const twice = defined.filter((name, index) => defined.indexOf(name) !== index)
  const described = files.flatMap(({ variable = {}, output = {} }) => Object.entries({ ...variable, ...output }))
  const providers = files.flatMap(({ terraform = [] }) => terraform.flatMap((one) => one.required_providers))
  return [
    ...[...new Set(references)].filter((name) => !defined.includes(name)).map((name) => `${name} does not exist`),
    ...variables.filter((name) => !references.includes(name)).map((name) => `${name} is not used`),
    ...twice.map((name) => `${name} is there twice`),
    ...described.filter(([, [block]]) => !block?.description).map(([name]) => `${name} has no description`),
    ...providers.flatMap((one) =>
      Object.entries(one).flatMap(([name, { version }]) =>
        /^\d+\.\d+\.\d+$/.test(version) ? [] : [`${name} has no exact version`],
      ),
    ),
    ...safetyProblems(files),
  ]
}

const required: readonly [type: string, attribute: string, value: unknown][] = [
  ['aws_db_instance', 'storage_encrypted', true],
  ['aws_db_instance', 'publicly_accessible', false],
  ['aws_db_instance', 'deletion_protection', true],
  ['aws_db_instance', 'skip_final_snapshot', false],
  ['aws_db_instance', 'multi_az', true],
  ['aws_db_instance', 'backup_retention_period', 30],
  ['aws_db_instance', 'manage_master_user_password', true],
  ['aws_db_instance', 'password', undefined],
]

function safetyProblems(files: readonly Terraform[]): string[] {
  const ofType = (type: string) => files.flatMap(({ resource }) => Object.values(resource?.[type] ?? {}).flat())
  const rules = ofType('aws_vpc_security_group_ingress_rule')
  const parameters = ofType('aws_db_parameter_group').flatMap(({ parameter }) => parameter as Block[])
  const isForced = parameters.some(({ name, value }) => name === 'rds.force_ssl' && value === '1')
  const outputs = files.flatMap(({ output = {} }) => Object.entries(output))
  return [
    ...required.flatMap(([type, attribute, value]) =>
      ofType(type).every((one) => one[attribute] === value) ? [] : [`${attribute} is not ${value}`],
    ),
    ...(ofType('aws_db_instance').length === 1 ? [] : ['there is not one database']),
    ...(isForced ? [] : ['connections without TLS are accepted']),
    ...(rules.length > 0 && rules.every((one) => one.referenced_security_group_id !== undefined && !one.cidr_ipv4)
      ? []
      : ['the database accepts connections by addresses']),
    ...outputs
      .filter(([name, [block]]) => name.startsWith('database_') && block?.sensitive !== true)
      .map(([name]) => `${name} is printed`),
  ]
}

test('everything that is referred to exists; the database is encrypted, has backups, and is not public', async () => {
  expect(problemsOf(await read())).toEqual([])
})

test.each([
  ['aws_subnet.database[*]', 'aws_subnet.databases[*]', 'aws_subnet.databases does not exist'],
  ['local.zones[count.index]', 'local.zone[count.index]', 'local.zone does not exist'],
  ['var.node_type', 'var.nodes_type', 'var.nodes_type does not exist'],
  ['var.node_type', '"m7i.large"', 'var.node_type is not used'],
  [
    'data.aws_availability_zones.all.',
    'data.aws_availability_zones.a.',
    'data.aws_availability_zones.a does not exist',
  ],
  ['resource "aws_iam_role" "nodes"', 'resource "aws_iam_role" "cluster"', 'aws_iam_role.nodes does not exist'],
  ['version = "6.0.0"', 'version = ">= 6.0.0"', 'aws has no exact version'],
  ['storage_encrypted     = true', 'storage_encrypted = false', 'storage_encrypted is not true'],
  ['publicly_accessible    = false', 'publicly_accessible = true', 'publicly_accessible is not false'],
  ['deletion_protection       = true', '', 'deletion_protection is not true'],
  ['manage_master_user_password = true', 'password = "a"', 'password is not undefined'],
  ['value        = "1"', 'value = "0"', 'connections without TLS are accepted'],
  ['referenced_security_group_id = ', 'cidr_ipv4 = "0.0.0.0/0" # ', 'the database accepts connections by addresses'],
  ['main.address\n  sensitive   = true', 'main.address', 'database_host is printed'],
])('negative control: %j replaced by %j', async (from, to, problem) => {
  let isFound = false
  const files = await read((text) => {
    isFound ||= text.includes(from)
    return text.replace(from, () => to)
  })
  expect(isFound).toBe(true)
  expect(problemsOf(files)).toContain(problem)
})
