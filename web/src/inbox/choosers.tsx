import { AlarmClock, CircleSlash, User } from 'lucide-react'
import { useState } from 'react'
import { useMembers, useSession } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Button } from '../ui/button'
import { Chooser } from '../ui/chooser'
import { Input } from '../ui/form'
import { useNow } from '../ui/now'
import { localMinute, planned, snoozeTimes } from './snooze'

type WhenProps = { title: string; about: string; verb: string; onChoose: (at: string) => void; onClose: () => void }

/** A moment to come: one of the usual ones, or any. */
export function WhenChooser({ title, about, verb, onChoose, onClose }: WhenProps) {
  const now = useNow()
  const times = snoozeTimes(now)
  const [own, setOwn] = useState(() => localMinute(times[1]?.at ?? new Date(now).toISOString()))
  const chosen = Date.parse(own)
  const past = Number.isNaN(chosen) || chosen <= now
  return (
    <Chooser
      title={title}
      about={about}
      placeholder="Until…"
      empty="Pick the moment below."
      options={times.map((t) => ({ id: t.label, label: t.label, note: planned(t.at, now), mark: <AlarmClock size={16} strokeWidth={1.5} aria-hidden />, run: () => onChoose(t.at) }))}
      onClose={onClose}
    >
      <Input label="Date and time" type="datetime-local" value={own} min={localMinute(new Date(now).toISOString())} onChange={(e) => setOwn(e.target.value)} />
      <Button
        disabled={past}
        onClick={() => {
          onClose()
          onChoose(new Date(chosen).toISOString())
        }}
      >
        {verb}
      </Button>
    </Chooser>
  )
}

type AssignProps = { about: string; current: string | null | undefined; onChoose: (id: string | null, name: string) => void; onClose: () => void }

/** Who of the team looks after it; oneself comes first. */
export function AssignChooser({ about, current, onChoose, onClose }: AssignProps) {
  const { me } = useSession()
  const members = useMembers().filter((m) => m.active)
  const ordered = members.toSorted((a, b) => Number(b.user_id === me.user.id) - Number(a.user_id === me.user.id) || a.name.localeCompare(b.name))
  return (
    <Chooser
      title="Assign to"
      about={about}
      placeholder="Assign to…"
      onClose={onClose}
      options={[
        ...ordered.map((m) => ({
          id: m.user_id,
          label: m.user_id === me.user.id ? `${m.name} (me)` : m.name,
          note: m.role,
          mark: <Avatar name={m.name} id={m.user_id} size={20} />,
          chosen: m.user_id === current,
          run: () => onChoose(m.user_id, m.name),
        })),
        { id: 'nobody', label: 'Nobody', mark: current ? <CircleSlash size={16} strokeWidth={1.5} aria-hidden /> : <User size={16} strokeWidth={1.5} aria-hidden />, chosen: current === null, run: () => onChoose(null, 'nobody') },
      ]}
    />
  )
}
