import { useQuery } from '@tanstack/react-query'
import { CircleDot, Tag as TagIcon, Trash2, UserPlus, X } from 'lucide-react'
import { useState } from 'react'
import { tagsQuery } from '../api/queries'
import type { Noun, Rows } from '../api/records'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { Avatar, Dot } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Chooser } from '../ui/chooser'
import { Entry } from '../ui/form'
import { Actions } from '../ui/layout'
import { useBulk } from './bulk'
import { counted, statuses } from './words'

type BulkBarProps<N extends Noun> = { noun: N; one: string; rows: Rows[N][]; onDone: () => void }

/** How many records are chosen, and what can be done with all of them. */
export function BulkBar<N extends Noun>({ noun, one, rows, onDone }: BulkBarProps<N>) {
  const [asking, setAsking] = useState<'tag' | 'owner' | 'status'>()
  const bulk = useBulk(noun, one, onDone)
  const about = counted(rows.length, one, one === 'company' ? 'companies' : undefined)
  const close = () => setAsking(undefined)
  return (
    <Actions label={`${about} chosen`}>
      <Button size="small" variant="quiet" icon={TagIcon} onClick={() => setAsking('tag')}>
        Tag
      </Button>
      <Button size="small" variant="quiet" icon={UserPlus} onClick={() => setAsking('owner')}>
        Assign
      </Button>
      {noun === 'contacts' && (
        <Button size="small" variant="quiet" icon={CircleDot} onClick={() => setAsking('status')}>
          Status
        </Button>
      )}
      <Button size="small" variant="quiet" icon={Trash2} onClick={() => void bulk.remove(rows)}>
        Delete
      </Button>
      <IconButton icon={X} label="Drop the choice (Esc)" size="small" onClick={onDone} />
      {asking === 'tag' && <TagChooser about={about} onChoose={(name) => void bulk.tag(rows, name)} onClose={close} />}
      {asking === 'owner' && (
        <OwnerChooser about={about} onChoose={(owner_id, name) => void bulk.set(rows, (count) => `Assigned ${count} to ${name}`, { owner_id }, (row) => ({ owner_id: row.owner_id }))} onClose={close} />
      )}
      {asking === 'status' && (
        <Chooser
          title="Status"
          about={`Status of ${about}`}
          placeholder="Becomes…"
          options={statuses.map((s) => ({
            id: s.value,
            label: s.label,
            run: () => void bulk.set(rows, (count) => `${count}: now ${s.label}`, { status: s.value }, (row) => ('status' in row ? { status: row.status } : {})),
          }))}
          onClose={close}
        />
      )}
    </Actions>
  )
}

type Asked<T extends unknown[]> = { about: string; onChoose: (...chosen: T) => void; onClose: () => void }

function TagChooser({ about, onChoose, onClose }: Asked<[name: string]>) {
  const tags = useQuery(tagsQuery(useWorkspace())).data ?? []
  return (
    <Chooser
      title="Tag"
      about={`Tag ${about}`}
      placeholder="With…"
      empty="No tag is called so; name a new one below."
      options={tags.map((t) => ({ id: t.id, label: t.name, mark: <Dot color={t.color} />, run: () => onChoose(t.name) }))}
      onClose={onClose}
    >
      <Entry
        label="A new tag"
        verb="Add"
        onDone={(name) => {
          onClose()
          onChoose(name)
        }}
      />
    </Chooser>
  )
}

function OwnerChooser({ about, onChoose, onClose }: Asked<[id: string | null, name: string]>) {
  const { me } = useSession()
  const members = useMembers().filter((m) => m.active)
  const mine = members.toSorted((a, b) => Number(b.user_id === me.user.id) - Number(a.user_id === me.user.id))
  return (
    <Chooser
      title="Assign to"
      about={`Assign ${about}`}
      placeholder="To…"
      options={[
        ...mine.map((m) => ({ id: m.user_id, label: m.user_id === me.user.id ? `${m.name} (me)` : m.name, mark: <Avatar name={m.name} id={m.user_id} size={20} />, run: () => onChoose(m.user_id, m.name) })),
        { id: 'nobody', label: 'Nobody', run: () => onChoose(null, 'nobody') },
      ]}
      onClose={onClose}
    />
  )
}
