import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Activity, Building2, CircleCheckBig, Goal, History, House, Inbox, Keyboard, ListTodo, LogOut, type LucideIcon, Moon, PenLine, Search, Settings, Sun, Upload, User, Users } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { searchQuery } from '../api/queries'
import { tabs as opsTabs } from '../ops/tabs'
import { hitIcons, useOpenHit } from '../search/open'
import { recent } from '../search/recent'
import { Snippet } from '../ui/hit'
import { Keys } from '../ui/key'
import { useSession, useWorkspace } from './session'
import css from './shell.module.css'
import { useSignOut } from './sign-out'
import { applyTheme } from './theme'

type Entry = { id: string; group: string; title: string; subtitle?: string | null; snippet?: string; icon: LucideIcon; keys?: string; run: () => void }
type PaletteProps = { onClose: () => void; onKeys: () => void }

/** Records, pages and actions behind one field. */
export function Palette({ onClose, onKeys }: PaletteProps) {
  const [q, setQ] = useState('')
  const [chosen, setChosen] = useState(0)
  const { entries, note, waiting } = useEntries(q, onKeys)
  const ask = useAsk()
  const listId = useId()
  const index = Math.min(chosen, Math.max(0, entries.length - 1))
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    entry.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setChosen((index + step + entries.length) % Math.max(1, entries.length))
    else if (event.key === 'Enter') run(entries[index])
    else return
    event.preventDefault()
  }
  return (
    <PaletteDialog onClose={onClose}>
      <input
        className={css.paletteInput}
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={entries[index] ? `${listId}-${index}` : undefined}
        aria-label="Find people, companies, conversations, pages and actions"
        placeholder="Find people, companies, conversations, pages…"
        autoFocus
        autoComplete="off"
        value={q}
        onChange={(e) => {
          ask(e.target.value)
          setQ(e.target.value)
          setChosen(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div id={listId} role="listbox" aria-label="Results" aria-busy={waiting} className={css.paletteList} tabIndex={-1}>
        {entries.map((entry, i) => (
          <Option key={entry.id} id={`${listId}-${i}`} entry={entry} first={entries[i - 1]?.group !== entry.group} chosen={i === index} onChoose={() => run(entry)} onPoint={() => setChosen(i)} />
        ))}
      </div>
      <PaletteFoot note={note} typed={q !== ''} />
    </PaletteDialog>
  )
}

/** What was not understood, or else what else can be typed. */
function PaletteFoot({ note, typed }: { note?: string; typed: boolean }) {
  return (
    <div className={css.paletteFoot} role="status">
      {note ?? (
        <>
          {typed ? 'Narrow it down: ' : 'Search with '}
          <code>from:ana</code> <code>company:lumen</code> <code>is:unread</code> <code>has:attachment</code> <code>after:2026-01-31</code> <code>"a phrase"</code>
        </>
      )}
    </div>
  )
}

function PaletteDialog({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events -- a press on the backdrop; Escape does the same
    <dialog
      ref={ref}
      className={css.palette}
      aria-label="Find anything"
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onClick={(e) => e.target === e.currentTarget && onClose()}
    >
      {children}
    </dialog>
  )
}

type OptionProps = { id: string; entry: Entry; first: boolean; chosen: boolean; onChoose: () => void; onPoint: () => void }

function Option({ id, entry, first, chosen, onChoose, onPoint }: OptionProps) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (chosen) ref.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const Icon = entry.icon
  return (
    <>
      {first && (
        <div className={css.paletteGroup} role="presentation">
          {entry.group}
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the field keeps the focus and handles the keys */}
      <div ref={ref} id={id} role="option" aria-selected={chosen} className={css.option} onClick={onChoose} onPointerMove={onPoint}>
        <Icon size={16} strokeWidth={1.5} aria-hidden />
        <span className={css.optionText}>
          <span className={css.optionLine}>
            <span className={css.optionTitle} dir="auto">
              {entry.title}
            </span>
            <span className={css.optionSub} dir="auto">
              {entry.subtitle}
            </span>
          </span>
          {entry.snippet && <Snippet text={entry.snippet} />}
        </span>
        {entry.keys && <Keys binding={entry.keys} />}
      </div>
    </>
  )
}

/** Asks before anything is drawn. Each key asks: whoever types on makes the browser drop the question before. */
function useAsk(): (q: string) => void {
  const workspace = useWorkspace()
  const client = useQueryClient()
  return (q) => {
    if (q.trim()) void client.prefetchQuery(searchQuery(workspace, q))
  }
}

function useEntries(q: string, onKeys: () => void): { entries: Entry[]; note?: string; waiting: boolean } {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const open = useOpenHit()
  const words = q.trim()
  // Answers are kept by what was asked, so that an early one never covers a later one.
  const answer = useQuery({ ...searchQuery(workspace, q), placeholderData: keepPreviousData })
  const commands = useCommands(onKeys)
  const small = words.toLowerCase()
  const matching = commands.filter((c) => !words || c.title.toLowerCase().includes(small) || c.group.toLowerCase().startsWith(small))
  if (!words) {
    const before = recent(workspace).map((r) => ({ id: r.id, group: 'Recent', title: r.title || 'No subject', subtitle: r.subtitle, icon: hitIcons[r.entity], run: () => open(r) }))
    return { entries: [...before, ...matching], waiting: false }
  }
  const hits = (answer.data?.data ?? []).map((hit) => ({
    id: hit.id,
    group: 'Results',
    title: hit.title || 'No subject',
    subtitle: hit.subtitle,
    snippet: hit.snippet,
    icon: hitIcons[hit.entity],
    run: () => open(hit),
  }))
  const all: Entry = {
    id: 'all',
    group: 'Search',
    title: `All results for “${words}”`,
    icon: Search,
    run: () => void navigate({ to: '/w/$workspace/search', params: { workspace }, search: { q: words } }),
  }
  return { entries: [...hits, ...matching, all], note: answer.data?.notes[0], waiting: answer.isFetching }
}

function useCommands(onKeys: () => void): Entry[] {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const signOut = useSignOut()
  const { me } = useSession()
  const params = { workspace }
  const operations = opsTabs.map((t, i) => ({ id: `operations-${t.id}`, group: 'Operations', title: t.title, icon: Activity, keys: i === 0 ? 'g e' : undefined, run: () => void navigate({ to: '/w/$workspace/operations/$tab', params: { workspace, tab: t.id }, search: {} }) }))
  return [
    { id: 'today', group: 'Pages', title: 'Today', icon: House, keys: 'g d', run: () => void navigate({ to: '/w/$workspace/today', params }) },
    { id: 'content', group: 'Pages', title: 'Content', icon: PenLine, keys: 'g w', run: () => void navigate({ to: '/w/$workspace/content', params, search: {} }) },
    { id: 'tasks', group: 'Pages', title: 'Tasks', icon: ListTodo, keys: 'g t', run: () => void navigate({ to: '/w/$workspace/tasks', params, search: {} }) },
    { id: 'inbox', group: 'Pages', title: 'Inbox', icon: Inbox, keys: 'g i', run: () => void navigate({ to: '/w/$workspace/inbox', params }) },
    { id: 'contacts', group: 'Pages', title: 'Contacts', icon: Users, keys: 'g c', run: () => void navigate({ to: '/w/$workspace/contacts', params }) },
    { id: 'companies', group: 'Pages', title: 'Companies', icon: Building2, keys: 'g o', run: () => void navigate({ to: '/w/$workspace/companies', params }) },
    { id: 'imports', group: 'Pages', title: 'Imports', icon: Upload, keys: 'g m', run: () => void navigate({ to: '/w/$workspace/imports', params }) },
    { id: 'changes', group: 'Pages', title: 'Changes', icon: History, keys: 'g h', run: () => void navigate({ to: '/w/$workspace/changes', params }) },
    { id: 'goals', group: 'Pages', title: 'Goals', icon: Goal, keys: 'g g', run: () => void navigate({ to: '/w/$workspace/goals', params }) },
    { id: 'approvals', group: 'Pages', title: 'Approvals', icon: CircleCheckBig, keys: 'g p', run: () => void navigate({ to: '/w/$workspace/approvals', params, search: {} }) },
    { id: 'search', group: 'Pages', title: 'Search', icon: Search, run: () => void navigate({ to: '/w/$workspace/search', params }) },
    { id: 'settings', group: 'Pages', title: 'Settings', icon: Settings, keys: 'g s', run: () => void navigate({ to: '/w/$workspace/settings/$tab', params: { workspace, tab: 'workspace' } }) },
    ...(me.user.operator ? operations : []),
    { id: 'new-contact', group: 'Actions', title: 'New contact', icon: User, run: () => void navigate({ to: '/w/$workspace/contacts', params, search: { create: true } }) },
    { id: 'import-mail', group: 'Actions', title: 'Import mail', icon: Upload, run: () => void navigate({ to: '/w/$workspace/imports', params }) },
    { id: 'dark', group: 'Actions', title: 'Dark theme', icon: Moon, run: () => applyTheme('dark') },
    { id: 'light', group: 'Actions', title: 'Light theme', icon: Sun, run: () => applyTheme('light') },
    { id: 'keys', group: 'Actions', title: 'Show all keys', icon: Keyboard, keys: '?', run: onKeys },
    { id: 'out', group: 'Actions', title: 'Sign out', icon: LogOut, run: signOut },
  ]
}
