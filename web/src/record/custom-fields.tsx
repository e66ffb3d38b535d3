import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { fieldsQuery } from '../api/queries'
import type { CustomField } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import type { Column } from '../ui/grid'
import { EditableProperty } from '../ui/inline-edit'
import type { FilterField } from './filter'
import { shown } from './words'

type Entity = 'contact' | 'company'

function useFields(entity: Entity): CustomField[] {
  const fields = useQuery(fieldsQuery(useWorkspace())).data
  return useMemo(() => (fields ?? []).filter((f) => f.entity === entity), [fields, entity])
}

/** The workspace's own fields of a record, edited like any other. */
export function CustomFields({ entity, values, onSave }: { entity: Entity; values: Record<string, unknown>; onSave: (patch: { fields: Record<string, unknown> }) => void }) {
  const { canWrite } = useSession()
  const fields = useFields(entity)
  return fields.map((field) => {
    const value = values[field.key] ?? null
    return (
      <EditableProperty
        key={field.id}
        label={field.label}
        value={asText(value)}
        shown={shown(value)}
        type={field.type === 'number' || field.type === 'date' ? field.type : 'text'}
        options={optionsOf(field)}
        disabled={!canWrite}
        onSave={(text) => onSave({ fields: { [field.key]: typed(field, text) } })}
      />
    )
  })
}

function optionsOf(field: CustomField) {
  if (field.type === 'select') return [{ value: '', label: '–' }, ...field.options.map((o) => ({ value: o, label: o }))]
  if (field.type === 'bool') {
    return [
      { value: '', label: '–' },
      { value: 'true', label: 'Yes' },
      { value: 'false', label: 'No' },
    ]
  }
  return undefined
}

function typed(field: CustomField, text: string): unknown {
  if (text === '') return null
  if (field.type === 'number') return Number(text)
  if (field.type === 'bool') return text === 'true'
  if (field.type === 'multi') return text.split(',').map((t) => t.trim()).filter(Boolean)
  return text
}

type WithFields = { fields?: Record<string, unknown> }

/** The workspace's own fields as columns of a list, for those who ask for them. */
export function useCustomColumns<Row extends WithFields>(entity: Entity, save: (row: Row, patch: { fields: Record<string, unknown> }) => void): Column<Row>[] {
  const { canWrite } = useSession()
  const fields = useFields(entity)
  return useMemo(() => fields.map((field) => ({
    id: `field.${field.key}`,
    header: field.label,
    width: 'minmax(110px, 1fr)',
    from: 'medium',
    optional: true,
    align: field.type === 'number' ? 'end' : undefined,
    cell: (row) => shown(row.fields?.[field.key] ?? null),
    edit: canWrite
      ? {
          value: (row) => asText(row.fields?.[field.key] ?? null),
          type: field.type === 'number' || field.type === 'date' ? field.type : undefined,
          options: optionsOf(field),
          save: (row, text) => save(row, { fields: { [field.key]: typed(field, text) } }),
        }
      : undefined,
  })), [fields, canWrite, save])
}

function asText(value: unknown): string {
  return value === null ? '' : Array.isArray(value) ? value.join(', ') : String(value)
}

/** The workspace's own fields as filters of a list. */
export function useCustomFilters(entity: Entity): FilterField[] {
  return useFields(entity).map((field) => ({
    name: `field.${field.key}`,
    label: field.label,
    kind: field.type === 'number' ? 'number' : field.type === 'date' ? 'date' : field.type === 'select' ? 'choice' : 'text',
    options: field.options.map((o) => ({ value: o, label: o })),
  }))
}
