import { Paperclip } from 'lucide-react'
import type { Approval } from '../api/types'
import { fieldLabel, shown } from '../record/words'
import { Letter } from '../ui/approval'
import { Badge } from '../ui/badge'
import { Quoted } from '../ui/brief'
import { Row, Stack, Text } from '../ui/layout'
import { Fact, Facts } from '../ui/rows'
import { absolute } from '../ui/time'
import { Diff } from '../ui/timeline'
import { RecordLink } from './record-link'
import { fieldsOf, linksOf, people, type Mail } from './words'

/** Exactly what would happen: the mail as it arrives, the fields with what is there now, else what is set. */
export function ExactPreview({ approval }: { approval: Approval }) {
  const { kind, mail, fields = [] } = approval.preview
  if (mail) return <MailPreview mail={mail} at={fieldsOf(approval.args).send_at} />
  if (fields.length === 0)
    return (
      <Text as="p" size={13} tone="muted">
        {approval.operation.endsWith('.delete') ? 'It deletes the record.' : 'It sets nothing.'}
      </Text>
    )
  if (kind === 'diff') return <Diff changes={fields.map((f) => ({ field: fieldLabel(f.name), before: f.before === null || f.before === undefined ? null : shown(f.before), after: f.after === null ? null : shown(f.after) }))} />
  return <Plain approval={approval} />
}

const short = 80

/** Values side by side, and texts below them as they will stand. */
function Plain({ approval }: { approval: Approval }) {
  const { fields = [] } = approval.preview
  const isText = (value: unknown): value is string => typeof value === 'string' && (value.length > short || value.includes('\n') || value.includes(' '))
  const texts = fields.filter((f) => isText(f.after))
  const values = fields.filter((f) => !isText(f.after))
  return (
    <Stack gap={3}>
      {values.length > 0 && (
        <Facts>
          {values.map((f) => (
            <Fact key={f.name} label={f.after === approval.subject_id ? 'About' : fieldLabel(f.name)}>
              {approval.subject_id && f.after === approval.subject_id ? <RecordLink entity={approval.subject_entity} id={approval.subject_id}>{approval.subject_name ?? approval.subject_id}</RecordLink> : <Text dir="auto">{shown(f.after)}</Text>}
            </Fact>
          ))}
        </Facts>
      )}
      {texts.map((f) => (
        <Stack key={f.name} gap={1}>
          <Text size={13} tone="muted">
            {fieldLabel(f.name)}
          </Text>
          <Quoted>{shown(f.after)}</Quoted>
        </Stack>
      ))}
    </Stack>
  )
}

function MailPreview({ mail, at }: { mail: Mail; at: unknown }) {
  const lines = [
    { label: 'From', value: people([mail.from]) },
    { label: 'To', value: people(mail.to) },
    { label: 'Cc', value: people(mail.cc) },
    { label: 'Bcc', value: people(mail.bcc) },
    { label: 'Leaves', value: typeof at === 'string' ? absolute(at) : '' },
    { label: 'Links', value: linksOf(mail.html).join(', ') },
  ]
  return (
    <Stack gap={2}>
      <Letter lines={lines.filter((l) => l.value !== '')} subject={mail.subject} text={mail.text} html={mail.html} />
      {mail.attachments.length > 0 && (
        <Row gap={2} wrap>
          {mail.attachments.map((name) => (
            <Badge key={name} icon={Paperclip}>
              {name}
            </Badge>
          ))}
        </Row>
      )}
    </Stack>
  )
}
