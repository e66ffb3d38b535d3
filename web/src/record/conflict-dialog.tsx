import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { read, server } from '../api/client'
import type { Noun } from '../api/records'
import { useMembers, useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { ChoiceRow, ChoiceTable } from '../ui/choices'
import { Dialog } from '../ui/dialog'
import { FormActions } from '../ui/form'
import { Stack, Text } from '../ui/layout'
import { When } from '../ui/when'
import type { Contested } from './conflict'
import { fieldLabel, shown } from './words'

type ConflictProps = { noun: Noun; id: string; fields: Contested[]; busy: boolean; onSave: (theirs: ReadonlySet<string>) => void; onClose: () => void }

/** Both values of each field that two people changed at once; the person chooses field by field. */
export function ConflictDialog({ noun, id, fields, busy, onSave, onClose }: ConflictProps) {
  const members = useMembers()
  const [theirs, setTheirs] = useState<ReadonlySet<string>>(new Set())
  const say = (field: string, value: unknown) => (field === 'owner_id' ? (members.find((m) => m.user_id === value)?.name ?? shown(null)) : shown(value))
  const choose = (field: string, other: boolean) => {
    const next = new Set(theirs)
    if (other) next.add(field)
    else next.delete(field)
    setTheirs(next)
  }
  const all = new Set(fields.map((f) => f.field))
  return (
    <Dialog title="Someone else saved this first" onClose={onClose} wide>
      <Stack gap={4}>
        <Who noun={noun} id={id} />
        <ChoiceTable label="Both values" head={['Field', 'Yours', 'Theirs']}>
          {fields.map(({ field, mine, theirs: other }) => (
            <ChoiceRow key={field} name={fieldLabel(field)} first={say(field, mine)} second={say(field, other)} chosen={theirs.has(field) ? 'second' : 'first'} onChoose={(which) => choose(field, which === 'second')} />
          ))}
        </ChoiceTable>
        <FormActions>
          <Button onClick={() => onSave(all)}>Keep theirs</Button>
          <Button variant="primary" busy={busy} onClick={() => onSave(theirs)}>
            {theirs.size === 0 ? 'Save mine' : 'Save what is chosen'}
          </Button>
        </FormActions>
      </Stack>
    </Dialog>
  )
}

function Who({ noun, id }: { noun: Noun; id: string }) {
  const workspace = useWorkspace()
  const entity = noun === 'contacts' ? 'contact' : 'company'
  const last = useQuery({
    queryKey: [workspace, 'changes', 'last', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/changes', { params: { path: { workspace }, query: { entity, entity_id: id, limit: 1 } }, signal })).then((p) => p.data[0] ?? null),
    staleTime: 0,
  }).data
  return (
    <Text as="p" tone="muted">
      {last?.actor.name ? (
        <>
          {last.actor.name} saved it <When at={last.at} />.{' '}
        </>
      ) : null}
      Nothing is lost yet: choose which value stays.
    </Text>
  )
}
