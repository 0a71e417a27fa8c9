import type pg from 'pg'
import { statementInSchema } from '../../database/statement-schema.ts'
import { type CompositeType, readTypes } from './shard-model.ts'

/**
 * Writes the composite types of a shard. One that has more attributes keeps what depends on it; one that has become
 * otherwise is created anew.
 *
 * @returns whether what used a type was dropped with it
 */
export async function writeTypes(client: pg.Client, schema: string, types: readonly CompositeType[]): Promise<boolean> {
  let hasDropped = false
  const found = new Map((await readTypes(client, schema)).map((type) => [type.name, type]))
  for (const type of types) {
    const former = found.get(type.name)
    const name = `${schema}.${type.name}`
    if (former === undefined) await create(client, schema, type)
    else if (isSame(former, { ...type, attributes: type.attributes.slice(0, former.attributes.length) })) {
      for (const added of type.attributes.slice(former.attributes.length)) {
        await client.query(statementInSchema(`alter type ${name} add attribute ${added.name} ${added.type}`, schema))
      }
    } else {
      await client.query(`drop type ${name} cascade`)
      await create(client, schema, type)
      hasDropped = true
    }
  }
  return hasDropped
}

/** Drops those that migrations have dropped, with what still uses them. */
export async function dropOtherTypes(
  client: pg.Client,
  schema: string,
  types: readonly CompositeType[],
): Promise<void> {
  for (const { name } of await readTypes(client, schema)) {
    if (!types.some((type) => type.name === name)) await client.query(`drop type if exists ${schema}.${name} cascade`)
  }
}

async function create(client: pg.Client, schema: string, { name, attributes }: CompositeType): Promise<void> {
  const list = attributes.map((attribute) => `${attribute.name} ${attribute.type}`).join(', ')
  await client.query(statementInSchema(`create type ${schema}.${name} as (${list})`, schema))
}

function isSame(one: CompositeType, other: CompositeType): boolean {
  return JSON.stringify(one.attributes) === JSON.stringify(other.attributes)
}
