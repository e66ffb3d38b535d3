import { Paperclip } from 'lucide-react'
import type { Approval } from '../api/types'
import { fieldLabel, shown } from '../record/words'
import { Letter } from '../ui/approval'
import { Badge } from '../ui/badge'
import { Row, Stack, Text } from '../ui/layout'
import { Fact, Facts } from '../ui/rows'
import { Diff } from '../ui/timeline'
import { people, type Mail } from './words'

/** Exactly what would happen: the mail as it arrives, the fields with what is there now, else what is set. */
export function ExactPreview({ approval }: { approval: Approval }) {
  const { kind, mail, fields = [] } = approval.preview
  if (mail) return <MailPreview mail={mail} />
  if (fields.length === 0)
    return (
      <Text as="p" size={13} tone="muted">
        {approval.operation.endsWith('.delete') ? 'It deletes the record.' : 'It sets nothing.'}
      </Text>
    )
  if (kind === 'diff') return <Diff changes={fields.map((f) => ({ field: fieldLabel(f.name), before: f.before === null || f.before === undefined ? null : shown(f.before), after: f.after === null ? null : shown(f.after) }))} />
  return (
    <Facts>
      {fields.map((f) => (
        <Fact key={f.name} label={fieldLabel(f.name)}>
          <Text dir="auto">{shown(f.after)}</Text>
        </Fact>
      ))}
    </Facts>
  )
}

function MailPreview({ mail }: { mail: Mail }) {
  const lines = [
    { label: 'From', value: people([mail.from]) },
    { label: 'To', value: people(mail.to) },
    { label: 'Cc', value: people(mail.cc) },
    { label: 'Bcc', value: people(mail.bcc) },
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
