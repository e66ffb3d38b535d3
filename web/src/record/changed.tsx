import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { companyQuery } from '../api/queries'
import type { Changes } from '../api/types'
import { useMembers, useWorkspace } from '../shell/session'
import { Became, Diff } from '../ui/timeline'
import { When } from '../ui/when'
import { changeWords, counted, fieldLabel, isEmpty, isMoment, shown } from './words'

type Did = {
  actor: string
  change: string | null
  changes: Changes
  record: ReactNode
  /** The record is named around this sentence already. */
  own?: boolean
}

/** What somebody did to a record, as a sentence; a single value stands in it. */
export function ChangeTitle({ actor, change, changes, record, own }: Did) {
  const say = useSay()
  const of = own ? null : <> of {record}</>
  const fields = Object.entries(changes)
  const [only] = fields
  if (changeWords(change) !== 'changed' || !only)
    return (
      <>
        {actor} {changeWords(change)} {record}
      </>
    )
  if (fields.length > 1)
    return (
      <>
        {actor} changed {counted(fields.length, 'field')}
        {of}
      </>
    )
  const [field, [before, after]] = only
  return (
    <>
      {actor} changed {fieldLabel(field)}
      {of}: <Became before={say(field, before)} after={say(field, after)} />
    </>
  )
}

/** The fields of a change that its title does not hold. */
export function ChangedFields({ changes }: { changes: Changes }) {
  const say = useSay()
  const fields = Object.entries(changes)
  if (fields.length < 2) return null
  return <Diff changes={fields.map(([field, [before, after]]) => ({ field: fieldLabel(field), before: say(field, before), after: say(field, after) }))} />
}

/** Values in the words of the product: people and companies by name, moments as times. */
function useSay(): (field: string, value: unknown) => ReactNode {
  const members = useMembers()
  return (field, value) => {
    if (isEmpty(value)) return null
    if (field === 'owner_id' || field === 'assignee_id') return members.find((m) => m.user_id === value)?.name ?? 'someone'
    if (field === 'company_id' && typeof value === 'string') return <CompanyName id={value} />
    return isMoment(value) ? <When at={value} /> : shown(value)
  }
}

function CompanyName({ id }: { id: string }) {
  const company = useQuery(companyQuery(useWorkspace(), id))
  return company.isError ? 'a deleted company' : (company.data?.name ?? '…')
}
