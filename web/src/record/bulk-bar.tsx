import { useQuery } from '@tanstack/react-query'
import { CircleDot, Tag as TagIcon, Trash2, UserPlus, X } from 'lucide-react'
import { useState } from 'react'
import { tagsQuery } from '../api/queries'
import type { BulkTarget } from '../api/bulk'
import type { Noun } from '../api/records'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { Avatar, Dot } from '../ui/badge'
import { Button, IconButton, TextButton } from '../ui/button'
import { Chooser } from '../ui/chooser'
import { Entry } from '../ui/form'
import { Actions } from '../ui/layout'
import { useBulk, type Called } from './bulk'
import { counted, statuses } from './words'

type BulkBarProps<N extends Noun> = {
  noun: N
  called: Called
  /** What is chosen, and how much that is. */
  target: BulkTarget
  count: number
  /** Chooses all that the list shows; without it all are chosen. */
  onAll?: () => void
  onDone: () => void
}

/** How many records are chosen, and what can be done with all of them. */
export function BulkBar<N extends Noun>({ noun, called, target, count, onAll, onDone }: BulkBarProps<N>) {
  const [asking, setAsking] = useState<'tag' | 'owner' | 'status'>()
  const change = useBulk(noun, called, onDone)
  const about = counted(count, called.one, called.many)
  const all = 'query' in target
  const close = () => setAsking(undefined)
  return (
    <Actions label={`${all ? 'All ' : ''}${about} chosen`} more={onAll && <TextButton onClick={onAll}>Choose all that match</TextButton>}>
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
      <Button size="small" variant="quiet" icon={Trash2} onClick={() => void change(target, (n) => `Deleted ${n}`, { deleted: true })}>
        Delete
      </Button>
      <IconButton icon={X} label="Drop the choice (Esc)" size="small" onClick={onDone} />
      {asking === 'tag' && <TagChooser about={about} onChoose={(name) => void change(target, (n) => `Tagged ${n} with ${name}`, { add_tags: [name] })} onClose={close} />}
      {asking === 'owner' && <OwnerChooser about={about} onChoose={(owner_id, name) => void change(target, (n) => `Assigned ${n} to ${name}`, { owner_id })} onClose={close} />}
      {asking === 'status' && (
        <Chooser
          title="Status"
          about={`Status of ${about}`}
          placeholder="Becomes…"
          options={statuses.map((s) => ({ id: s.value, label: s.label, run: () => void change(target, (n) => `${n}: now ${s.label}`, { status: s.value }) }))}
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
