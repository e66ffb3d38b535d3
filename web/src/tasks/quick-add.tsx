import { useRef, useState } from 'react'
import { useSession } from '../shell/session'
import { Input } from '../ui/form'
import { useNow } from '../ui/now'
import { absoluteIn } from '../ui/time'
import { QuickBox } from '../ui/work'
import { useCreateTask } from './queries'
import { parseQuick } from './quick'

type About = { entity: 'contact' | 'company' | 'thread'; entity_id: string }

/** Adds a task from one line: "Send the offer fri 3pm !high". It is mine unless somebody else takes it. */
export function QuickAdd({ id, about, autoFocus, onAdded }: { id?: string; about?: About; autoFocus?: boolean; onAdded?: () => void }) {
  const { me, workspace } = useSession()
  const [text, setText] = useState('')
  const create = useCreateTask()
  const now = useNow()
  const last = useRef('')
  const read = text.trim() ? parseQuick(text, now, workspace.time_zone) : undefined
  const add = () => {
    if (!read || create.isPending) return
    last.current = text
    setText('')
    create.mutate(
      { title: read.title, due_at: read.due, priority: read.priority ?? 'medium', assignee_id: me.user.id, ...about },
      { onSuccess: onAdded, onError: () => setText((now) => now || last.current) },
    )
  }
  const hint = read && (read.due || read.priority) ? [read.due && `Due ${absoluteIn(read.due, workspace.time_zone)}`, read.priority && `${read.priority} priority`].filter(Boolean).join(', ') : ''
  return (
    <QuickBox hint={hint}>
      <Input
        id={id}
        label="New task"
        placeholder="Add a task: send the offer fri 3pm !high"
        value={text}
        maxLength={300}
        autoFocus={autoFocus}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') add()
          if (e.key === 'Escape') e.currentTarget.blur()
        }}
      />
    </QuickBox>
  )
}
