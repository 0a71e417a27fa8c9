import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import type { PublishedEvent } from '../model/webhook.ts'
import { eventReads } from '../reads/events-of-clinic.ts'
import { loggedEvents } from '../tail/logged-events.ts'
import { insertDeliveries } from './plan-deliveries.ts'
import { publishedForm } from './published-events.ts'

const pageSize = 500
/** A run ends after so many pages, and the next one continues: other jobs wait for it. */
const pagesMax = 10
/** A webhook with so many due deliveries gets no more for now. */
const dueMax = 1_000

type Replay = { clinicNo: number; id: string; events: PublishedEvent[]; after: string | null; until: Date }

/**
 * Plans what replays send again, page by page. Each page and the position after it are one transaction, so that a
 * process that ends is continued by another. Two at the same time do the same page twice, which changes nothing.
 *
 * @returns how many deliveries became due
 */
export async function planReplays(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  let planned = 0
  for (let page = 0; page < pagesMax && signal?.aborted !== true; page += 1) {
    const { rows } = await pool.query<Replay>(sql`
      select clinic_no as "clinicNo", id, events, replay_after as "after", replay_until as "until"
        from holdfast.webhook w
       where replay_until is not null and paused_at is null
         and (select count(*) from (select from holdfast.webhook_delivery d
                                     where d.clinic_no = w.clinic_no and d.webhook_id = w.id and d.state = 'due'
                                     limit ${dueMax}) due) < ${dueMax}
       order by replay_until limit 1`)
    const [replay] = rows
    if (replay === undefined) return planned
    planned += await planPage(pool, replay)
  }
  return planned
}

async function planPage(pool: pg.Pool, replay: Replay): Promise<number> {
  const { clinicNo, id, after, until } = replay
  const page = await eventReads(pool).eventsOfClinic({ clinicNo, after, limit: pageSize })
  const published = await publishedForm(pool, await loggedEvents(pool, page.items))
  const before = published.filter(({ at }) => at.getTime() <= until.getTime())
  const position = page.items.at(-1)?.position ?? after
  const isLast = page.nextCursor === null
  return inTransaction(pool, async (transaction) => {
    const { rowCount } = await transaction.query(sql`
      update holdfast.webhook
         set replay_after = case when ${isLast}::boolean then null else ${position}::text end,
             replay_until = case when ${isLast}::boolean then null else replay_until end
       where clinic_no = ${clinicNo} and id = ${id} and replay_until = ${until}
         and replay_after is not distinct from ${after}::text`)
    // Another process was faster, or the replay was replaced.
    if (rowCount === 0) return 0
    return insertDeliveries(transaction, [replay], before, { again: true })
  })
}
