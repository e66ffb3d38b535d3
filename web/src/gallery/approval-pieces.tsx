import { ApprovalPart, Letter, Quotes, Risk } from '../ui/approval'
import { Quoted } from '../ui/brief'
import { Stack } from '../ui/layout'

const lines = [
  { label: 'From', value: 'Mira Falk <mira@studio.example>' },
  { label: 'To', value: 'Ana Duarte <ana@lumen.example>' },
]

/** What waits for a word: the mail, the risk in its bands, the words it relies on. */
export function ApprovalPieces() {
  return (
    <Stack gap={4}>
      <Letter lines={lines} subject="Prices for 40 seats" text="Hello Ana, 40 seats cost 800 a month." html="<p>Hello Ana,</p><p>40 seats cost <strong>800</strong> a month.</p>" />
      <Letter lines={lines} subject="" text="A mail without HTML and without a subject." html="" />
      <ApprovalPart title="Risk 12 of 100">
        <Risk score={12} band="low" factors={[]} />
      </ApprovalPart>
      <ApprovalPart title="Risk 25 of 100">
        <Risk score={25} band="medium" factors={[{ code: 'base', points: 25, text: 'It changes fields of a record.' }]} />
      </ApprovalPart>
      <ApprovalPart title="Risk 85 of 100">
        <Risk
          score={85}
          band="critical"
          factors={[
            { code: 'base', points: 50, text: 'It sends mail to people outside.' },
            { code: 'warnings', points: 20, text: 'Something is badly wrong with this contact just now.' },
            { code: 'valuable', points: 15, text: 'The contact’s score is 80 or more.' },
          ]}
        />
      </ApprovalPart>
      <Quotes label="Words in the gallery">
        <li>
          <Quoted>What would 40 seats cost?</Quoted>
        </li>
      </Quotes>
    </Stack>
  )
}
