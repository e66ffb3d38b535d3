import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Users } from 'lucide-react'
import { Suspense, useMemo, useState } from 'react'
import type { ContactPatch, ContactRow } from '../api/types'
import { usualSort } from '../early'
import { useCustomColumns, useCustomFilters } from '../record/custom-fields'
import type { FilterField } from '../record/filter'
import { useOwnerField } from '../record/list'
import { ListPage } from '../record/list-page'
import { Owner, useOwnerOptions } from '../record/owner'
import { useSaver } from '../record/save'
import { statuses } from '../record/words'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { deferred } from '../ui/deferred'
import { NameCell, type Column } from '../ui/grid'
import { Score } from '../ui/score'
import { SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { Status } from './status'

const CompanyField = deferred(() => import('./company-property').then((m) => m.CompanyField))
const ContactPeek = deferred(() => import('./contact-peek').then((m) => m.ContactPeek))
const NewContact = deferred(() => import('./new-contact').then((m) => m.NewContact))

const route = getRouteApi('/w/$workspace/contacts')

export function ContactsPage() {
  const workspace = useWorkspace()
  const search = route.useSearch()
  const navigate = useNavigate()
  const fields = useContactFields()
  const saver = useSaver('contacts')
  const columns = useColumns(saver.save)
  const open = (id: string) => void navigate({ to: '/w/$workspace/contacts/$id', params: { workspace, id } })
  const onSearch = (next: typeof search) => void navigate({ to: '/w/$workspace/contacts', params: { workspace }, search: next, replace: true })
  return (
    <ListPage
      noun="contacts"
      title="Contacts"
      one="contact"
      icon={Users}
      fields={fields}
      columns={columns}
      defaultSort={usualSort.contacts}
      search={search}
      onSearch={onSearch}
      onOpen={open}
      peek={
        search.open && (
          <Suspense fallback={<SkeletonLines count={6} />}>
            <ContactPeek key={search.open} id={search.open} />
          </Suspense>
        )
      }
      empty={{
        text: 'People who write to you appear here by themselves; add others by hand.',
        alternative: (
          <Link to="/w/$workspace/imports" params={{ workspace }}>
            Import mail
          </Link>
        ),
      }}
    >
      {saver.dialog}
      <Suspense>{search.create && <NewContact onClose={() => onSearch({ ...search, create: undefined })} onOpen={open} />}</Suspense>
    </ListPage>
  )
}

function useContactFields(): FilterField[] {
  const owner = useOwnerField(useMembers())
  const own = useCustomFilters('contact')
  return [
    { name: 'status', label: 'Status', kind: 'choice', options: statuses },
    { name: 'score', label: 'Score', kind: 'number' },
    owner,
    { name: 'name', label: 'Name', kind: 'text' },
    { name: 'email', label: 'Email', kind: 'lookup' },
    { name: 'title', label: 'Title', kind: 'text' },
    { name: 'tag', label: 'Tag', kind: 'lookup' },
    { name: 'last_interaction_at', label: 'Last touch', kind: 'date' },
    { name: 'created_at', label: 'Created', kind: 'date' },
    ...own,
  ]
}

type CellProps = { contact: ContactRow; start: string; onEnd: () => void; save: Save }

/** The field for the company of a row; what it saves is a change of the row as it was when the editing began. */
function CompanyCell({ contact, start, onEnd, save }: CellProps) {
  const [base] = useState(contact)
  const choose = (company_id: string | null) => {
    onEnd()
    if (company_id !== base.company_id) save(base, { company_id })
  }
  return (
    <Suspense>
      <CompanyField current={base.company_name} start={start} onSave={choose} onLeave={onEnd} />
    </Suspense>
  )
}

type Save = (row: ContactRow, patch: ContactPatch) => void

function useColumns(save: Save): Column<ContactRow>[] {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const owners = useOwnerOptions()
  const own = useCustomColumns<ContactRow>('contact', save)
  return useMemo(() => [...columnsOf({ workspace, canWrite, owners, save }), ...own], [workspace, canWrite, owners, save, own])
}

type Around = { workspace: string; canWrite: boolean; owners: { value: string; label: string }[]; save: Save }

function columnsOf({ workspace, canWrite, owners, save }: Around): Column<ContactRow>[] {
  const edit = <T,>(how: T): T | undefined => (canWrite ? how : undefined)
  const text = (field: 'title' | 'phone' | 'name', type?: 'tel') => edit({ value: (c: ContactRow) => c[field] ?? '', type, save: (c: ContactRow, value: string) => save(c, { [field]: value || null }) })
  return [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(190px, 2fr)',
      sort: 'name',
      edit: text('name'),
      cell: (c) => (
        <NameCell mark={<Avatar name={c.name} id={c.id} />} second={c.company_name ?? c.email}>
          <Link to="/w/$workspace/contacts/$id" params={{ workspace, id: c.id }} tabIndex={-1} dir="auto" title={c.name}>
            {c.name}
          </Link>
        </NameCell>
      ),
    },
    { id: 'company_name', header: 'Company', width: 'minmax(120px, 1.4fr)', from: 'medium', edit: edit({ value: (c) => c.company_name ?? '', save: () => undefined, editor: (c, start, end) => <CompanyCell contact={c} start={start} onEnd={end} save={save} /> }), cell: (c) => c.company_name ?? '–' },
    { id: 'title', header: 'Title', width: 'minmax(120px, 1.2fr)', from: 'large', muted: true, edit: text('title'), cell: (c) => c.title ?? '–' },
    { id: 'email', header: 'Email', width: 'minmax(140px, 1.6fr)', from: 'large', muted: true, cell: (c) => c.email ?? '–' },
    { id: 'status', header: 'Status', width: '116px', from: 'medium', edit: edit({ value: (c) => c.status, options: statuses, save: (c, status) => save(c, { status }) }), cell: (c) => <Status status={c.status} /> },
    { id: 'score', header: 'Score', width: '120px', sort: 'score', cell: (c) => <Score score={c.score} /> },
    { id: 'last_interaction_at', header: 'Last touch', width: '132px', sort: 'last_interaction_at', from: 'medium', muted: true, cell: (c) => <When at={c.last_interaction_at} /> },
    { id: 'owner_id', header: 'Owner', width: 'minmax(110px, 150px)', from: 'large', edit: edit({ value: (c) => c.owner_id ?? '', options: owners, save: (c, id) => save(c, { owner_id: id || null }) }), cell: (c) => <Owner id={c.owner_id} /> },
    { id: 'phone', header: 'Phone', width: 'minmax(110px, 1fr)', from: 'medium', muted: true, optional: true, edit: text('phone', 'tel'), cell: (c) => c.phone ?? '–' },
    { id: 'source', header: 'Source', width: '110px', from: 'medium', muted: true, optional: true, cell: (c) => c.source },
    { id: 'created_at', header: 'Created', width: '132px', sort: 'created_at', from: 'medium', muted: true, optional: true, cell: (c) => <When at={c.created_at} /> },
    { id: 'updated_at', header: 'Changed', width: '132px', sort: 'updated_at', from: 'medium', muted: true, optional: true, cell: (c) => <When at={c.updated_at} /> },
  ]
}
