import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Building2 } from 'lucide-react'
import { useMemo } from 'react'
import type { CompanyPatch, CompanyRow } from '../api/types'
import { usualSort } from '../early'
import { useCustomColumns, useCustomFilters } from '../record/custom-fields'
import type { FilterField } from '../record/filter'
import { useOwnerField } from '../record/list'
import { ListPage } from '../record/list-page'
import { Owner, useOwnerOptions } from '../record/owner'
import { useSaver } from '../record/save'
import { counted, sizes } from '../record/words'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { NameCell, type Column } from '../ui/grid'
import { When } from '../ui/when'
import { CompanyPeek } from './company-peek'
import { NewCompany } from './new-company'

const route = getRouteApi('/w/$workspace/companies')

export function CompaniesPage() {
  const workspace = useWorkspace()
  const search = route.useSearch()
  const navigate = useNavigate()
  const fields = useCompanyFields()
  const saver = useSaver('companies')
  const columns = useColumns(saver.save)
  const open = (id: string) => void navigate({ to: '/w/$workspace/companies/$id', params: { workspace, id } })
  const onSearch = (next: typeof search) => void navigate({ to: '/w/$workspace/companies', params: { workspace }, search: next, replace: true })
  return (
    <ListPage
      noun="companies"
      title="Companies"
      one="company"
      icon={Building2}
      fields={fields}
      columns={columns}
      defaultSort={usualSort.companies}
      search={search}
      onSearch={onSearch}
      onOpen={open}
      peek={search.open && <CompanyPeek key={search.open} id={search.open} />}
      empty={{
        text: 'Companies appear by the domains of people who write to you; add others by hand.',
        alternative: (
          <Link to="/w/$workspace/imports" params={{ workspace }}>
            Import mail
          </Link>
        ),
      }}
    >
      {saver.dialog}
      {search.create && <NewCompany onClose={() => onSearch({ ...search, create: undefined })} onOpen={open} />}
    </ListPage>
  )
}

function useCompanyFields(): FilterField[] {
  const owner = useOwnerField(useMembers())
  const own = useCustomFilters('company')
  return [
    { name: 'name', label: 'Name', kind: 'text' },
    { name: 'domain', label: 'Domain', kind: 'text' },
    { name: 'industry', label: 'Industry', kind: 'text' },
    { name: 'size', label: 'Size', kind: 'choice', options: sizes },
    owner,
    { name: 'tag', label: 'Tag', kind: 'lookup' },
    { name: 'created_at', label: 'Created', kind: 'date' },
    ...own,
  ]
}

type Save = (row: CompanyRow, patch: CompanyPatch) => void

function useColumns(save: Save): Column<CompanyRow>[] {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const owners = useOwnerOptions()
  const own = useCustomColumns<CompanyRow>('company', save)
  return useMemo(() => [...columnsOf({ workspace, canWrite, owners, save }), ...own], [workspace, canWrite, owners, save, own])
}

type Around = { workspace: string; canWrite: boolean; owners: { value: string; label: string }[]; save: Save }

function columnsOf({ workspace, canWrite, owners, save }: Around): Column<CompanyRow>[] {
  const edit = <T,>(how: T): T | undefined => (canWrite ? how : undefined)
  const text = (field: 'name' | 'domain' | 'industry') => edit({ value: (c: CompanyRow) => c[field] ?? '', save: (c: CompanyRow, value: string) => save(c, { [field]: value || null }) })
  return [
    {
      id: 'name',
      header: 'Name',
      width: 'minmax(190px, 2fr)',
      sort: 'name',
      edit: text('name'),
      cell: (c) => (
        <NameCell mark={<Avatar name={c.name} id={c.id} square />} second={c.domain ?? counted(c.contact_count, 'contact')}>
          <Link to="/w/$workspace/companies/$id" params={{ workspace, id: c.id }} tabIndex={-1} dir="auto" title={c.name}>
            {c.name}
          </Link>
        </NameCell>
      ),
    },
    { id: 'domain', header: 'Domain', width: 'minmax(120px, 1.2fr)', from: 'medium', muted: true, edit: text('domain'), cell: (c) => c.domain ?? '–' },
    { id: 'industry', header: 'Industry', width: 'minmax(110px, 1fr)', from: 'medium', edit: text('industry'), cell: (c) => c.industry ?? '–' },
    { id: 'size', header: 'Size', width: '100px', from: 'large', muted: true, edit: edit({ value: (c) => c.size ?? '', options: [{ value: '', label: '–' }, ...sizes], save: (c, size) => save(c, { size: size || null }) }), cell: (c) => c.size ?? '–' },
    { id: 'contact_count', header: 'Contacts', width: '96px', align: 'end', cell: (c) => c.contact_count.toLocaleString() },
    { id: 'last_interaction_at', header: 'Last touch', width: '132px', sort: 'last_interaction_at', from: 'medium', muted: true, cell: (c) => <When at={c.last_interaction_at} /> },
    { id: 'owner_id', header: 'Owner', width: 'minmax(110px, 150px)', from: 'large', edit: edit({ value: (c) => c.owner_id ?? '', options: owners, save: (c, id) => save(c, { owner_id: id || null }) }), cell: (c) => <Owner id={c.owner_id} /> },
    { id: 'source', header: 'Source', width: '110px', from: 'medium', muted: true, optional: true, cell: (c) => c.source },
    { id: 'created_at', header: 'Created', width: '132px', sort: 'created_at', from: 'medium', muted: true, optional: true, cell: (c) => <When at={c.created_at} /> },
    { id: 'updated_at', header: 'Changed', width: '132px', sort: 'updated_at', from: 'medium', muted: true, optional: true, cell: (c) => <When at={c.updated_at} /> },
  ]
}
