import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'
import { aTheatre, inMinutes, openBoard } from './theatre-scene.ts'

test('a block that somebody else fills shows how far that is, and a press says that it is being filled', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const { clinicId, roomIds } = theatre
  const block = { roomId: roomIds[0] ?? '', service: 'Urology', from: inMinutes(60), to: inMinutes(300) }
  await dataOf(site.admin.createBlocks({ path: { clinicId }, body: block }))
  await site.database.ownerPool.query(`
    insert into holdfast.block_filling (clinic_no, block_id, run_id, running_until, examined, booked)
    select b.clinic_no, b.slot_id, gen_random_uuid(), now() + interval '1 hour', 1200, 3
      from holdfast.block b join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
     where s.resource_id = '${roomIds[0]}'`)
  const page = await openBoard(theatre, 'admin')
  await page.getByRole('button', { name: /^Block .*Urology/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Block' })
  await dialog.getByText('Checked 1,200 on the waitlist, booked 3 …').waitFor()
  await dialog.getByRole('button', { name: /^Fill from the waitlist: / }).click()
  await dialog.getByText('This block is being filled already').waitFor()
  expect(await axeFindings(page)).toEqual([])
  // The board is read again soon, although no change is reported.
  await site.database.ownerPool.query(`delete from holdfast.block_filling`)
  await dialog.getByText('Checked 1,200 on the waitlist, booked 3 …').waitFor({ state: 'detached', timeout: 20_000 })
})
