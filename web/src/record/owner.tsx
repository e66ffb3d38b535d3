import { useMemo } from 'react'
import { useMembers, useSession } from '../shell/session'
import { Avatar } from '../ui/badge'
import { EditableProperty } from '../ui/inline-edit'
import { Row, Text } from '../ui/layout'

/** Who looks after a record, short. */
export function Owner({ id }: { id: string | null }) {
  return id ? <Member id={id} /> : <Text tone="faint">–</Text>
}

function Member({ id }: { id: string }) {
  const member = useMembers().find((m) => m.user_id === id)
  const name = member?.name ?? 'Former member'
  return (
    <Row gap={2}>
      <Avatar name={name} id={id} size={20} />
      <Text truncate>{name}</Text>
    </Row>
  )
}

export function OwnerProperty({ id, onSave }: { id: string | null; onSave: (patch: { owner_id: string | null }) => void }) {
  const { canWrite } = useSession()
  const options = useOwnerOptions()
  return <EditableProperty label="Owner" value={id ?? ''} shown={<Owner id={id} />} options={options} disabled={!canWrite} onSave={(value) => onSave({ owner_id: value || null })} />
}

/** Who may look after a record, nobody among them. */
export function useOwnerOptions(): { value: string; label: string }[] {
  const members = useMembers()
  return useMemo(() => [{ value: '', label: 'Nobody' }, ...members.filter((m) => m.active).map((m) => ({ value: m.user_id, label: m.name }))], [members])
}
