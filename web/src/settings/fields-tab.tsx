import { useMutation, useQuery } from '@tanstack/react-query'
import { Plus, TextCursorInput, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { fieldsQuery } from '../api/queries'
import type { CustomField, FieldType, NewField as Draft } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button, IconButton } from '../ui/button'
import { Table } from '../ui/code'
import { Confirm, Dialog } from '../ui/dialog'
import { entry, Form, FormActions, SelectField, TextField } from '../ui/form'
import { Panel, Row, Text } from '../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'

const types: { value: FieldType; label: string }[] = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'bool', label: 'Yes or no' },
  { value: 'date', label: 'Date' },
  { value: 'select', label: 'One of a list' },
  { value: 'multi', label: 'Several of a list' },
]

export function FieldsTab() {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const fields = useQuery(fieldsQuery(workspace))
  const [adding, setAdding] = useState(false)
  const add = isAdmin && (
    <Button variant="primary" size="small" icon={Plus} onClick={() => setAdding(true)}>
      New field
    </Button>
  )
  return (
    <Panel title="Custom fields" actions={add} flush>
      {fields.isPending && <SkeletonLines count={3} />}
      {fields.isError && <ErrorState title="The fields could not be read" error={fields.error} onRetry={() => void fields.refetch()} />}
      {fields.data?.length === 0 && (
        <EmptyState icon={TextCursorInput} title="No custom fields yet">
          Fields of your own on contacts and companies, in lists, filters and the API.
        </EmptyState>
      )}
      {fields.data && fields.data.length > 0 && (
        <Table folds label="Custom fields" head={['Label', 'On', 'Type', 'Key', '']}>
          {fields.data.map((f) => (
            <FieldRow key={f.id} field={f} />
          ))}
        </Table>
      )}
      {adding && <NewField onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function FieldRow({ field }: { field: CustomField }) {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const touched = useTouched()
  const toast = useToast()
  const [removing, setRemoving] = useState(false)
  const remove = useMutation({
    mutationFn: () => server.DELETE('/v1/workspaces/{workspace}/custom-fields/{id}', { params: { path: { workspace, id: field.id } } }),
    onSuccess: () => {
      toast({ title: `Removed the field ${field.label}` })
      return touched('custom-fields', 'contacts', 'companies')
    },
    onError: (error) => toast({ title: 'Not removed', detail: error.message, tone: 'bad' }),
  })
  return (
    <tr>
      <td>
        <Text weight={500}>{field.label}</Text>
        {field.required && <Text tone="muted">, required</Text>}
      </td>
      <td data-label="On">{field.entity === 'contact' ? 'Contacts' : 'Companies'}</td>
      <td>
        {types.find((t) => t.value === field.type)?.label}
        {field.options.length > 0 && <Text tone="muted">: {field.options.join(', ')}</Text>}
      </td>
      <td data-label="Key">
        <Text mono tone="muted">
          {field.key}
        </Text>
      </td>
      <td>
        <Row justify="end">{isAdmin && <IconButton icon={Trash2} label={`Remove ${field.label}`} size="small" busy={remove.isPending} onClick={() => setRemoving(true)} />}</Row>
        {removing && (
          <Confirm title={`Remove ${field.label}?`} action="Remove field" busy={remove.isPending} onConfirm={() => remove.mutate(undefined, { onSettled: () => setRemoving(false) })} onClose={() => setRemoving(false)}>
            It leaves all {field.entity === 'contact' ? 'contacts' : 'companies'}, with what stands in it. It cannot be undone.
          </Confirm>
        )}
      </td>
    </tr>
  )
}

function NewField({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const [type, setType] = useState<FieldType>('text')
  const create = useMutation({
    mutationFn: (body: Draft) => read(server.POST('/v1/workspaces/{workspace}/custom-fields', { params: { path: { workspace } }, body })),
    onSuccess: (field) => {
      onClose()
      toast({ title: `Added the field ${field.label}` })
      return touched('custom-fields')
    },
  })
  const problem = create.error instanceof ProblemError ? create.error : undefined
  const listed = type === 'select' || type === 'multi'
  const submit = (data: FormData) => {
    const label = entry(data, 'label')
    const options = entry(data, 'options').split(',').map((o) => o.trim()).filter(Boolean)
    create.mutate({ label, key: keyOf(label), entity: entry(data, 'entity') === 'company' ? 'company' : 'contact', type, options, required: false })
  }
  return (
    <Dialog title="New field" onClose={onClose}>
      <Form label="New field" onSubmit={submit}>
        {create.error && !problem?.errors.length && <Banner tone="bad">{create.error.message}</Banner>}
        <TextField label="Label" name="label" autoFocus error={problem?.field('label') ?? problem?.field('key')} />
        <SelectField
          label="On"
          name="entity"
          options={[
            { value: 'contact', label: 'Contacts' },
            { value: 'company', label: 'Companies' },
          ]}
        />
        <SelectField label="Type" name="type" options={types} value={type} onChange={(e) => setType(types.find((t) => t.value === e.target.value)?.value ?? 'text')} />
        {listed && <TextField label="Choices" name="options" help="Separate them by commas." error={problem?.field('options')} />}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Add field
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** The name of a field in the API, from its label: "Contract value" is contract_value. */
function keyOf(label: string): string {
  const plain = label.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return plain.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '')
}
