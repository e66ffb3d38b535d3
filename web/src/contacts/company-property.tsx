import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { records } from '../api/records'
import type { Contact } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { IconButton } from '../ui/button'
import { Combobox, type Choice } from '../ui/combobox'
import { Property } from '../ui/inline-edit'
import { Row, Text } from '../ui/layout'

type Props = { contact: Contact; onSave: (patch: { company_id: string | null }) => void }

/** Where a person works: a link, or a field that finds companies and makes new ones. */
export function CompanyProperty({ contact, onSave }: Props) {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const [editing, setEditing] = useState(false)
  const save = (company: string | null) => {
    setEditing(false)
    if (company !== contact.company_id) onSave({ company_id: company })
  }
  if (editing)
    return (
      <Property label="Company" bare>
        <CompanyField current={contact.company_name} onSave={save} onLeave={() => setEditing(false)} />
      </Property>
    )
  return (
    <Property label="Company">
      <Row gap={1} justify="between">
        {contact.company_id ? (
          <Link to="/w/$workspace/companies/$id" params={{ workspace, id: contact.company_id }} dir="auto">
            {contact.company_name}
          </Link>
        ) : (
          <Text tone="faint">None</Text>
        )}
        {canWrite && <IconButton icon={Pencil} label="Change company" size="small" onClick={() => setEditing(true)} />}
      </Row>
    </Property>
  )
}

type FieldProps = { current: string | null; start?: string; onSave: (company: string | null) => void; onLeave: () => void }

/** Finds companies by words, and makes new ones. */
export function CompanyField({ current, start = '', onSave, onLeave }: FieldProps) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const [words, setWords] = useState(start)
  const q = words.trim()
  const found = useQuery({
    queryKey: [workspace, 'companies', 'choices', q],
    queryFn: ({ signal }) => records.companies.list(workspace, { q: q || undefined, sort: 'name', limit: 8 }, signal),
    placeholderData: keepPreviousData,
  }).data?.data
  const create = useMutation({
    mutationFn: (name: string) => read(server.POST('/v1/workspaces/{workspace}/companies', { params: { path: { workspace } }, body: { name } })),
    onSuccess: async (company) => {
      onSave(company.id)
      toast({ title: `Added ${company.name}` })
      await touched('companies')
    },
    onError: (error) => toast({ title: 'Company not added', detail: error.message, tone: 'bad' }),
  })
  const choose = (choice: Choice) => {
    if (choice.fresh) create.mutate(q)
    else onSave(choice.id === 'none' ? null : choice.id)
  }
  const known = found?.some((c) => c.name.toLowerCase() === q.toLowerCase())
  const choices: Choice[] = [
    ...(found ?? []).map((c) => ({ id: c.id, label: c.name, note: c.domain ?? undefined })),
    ...(q && !known ? [{ id: 'fresh', label: `Add the company “${q}”`, fresh: true }] : []),
    ...(current && !q ? [{ id: 'none', label: 'No company' }] : []),
  ]
  return <Combobox label="Company" autoFocus words={words} choices={choices} onWords={setWords} onChoose={choose} onLeave={onLeave} />
}
