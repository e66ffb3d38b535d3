import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Dialog } from '../ui/dialog'
import { FormActions } from '../ui/form'
import { Stack, Text } from '../ui/layout'
import { fieldLabel, shown } from './words'

type ConflictProps = { mine: [string, unknown][]; theirs: Map<string, unknown>; busy: boolean; onKeepMine: () => void; onKeepTheirs: () => void }

/** Both values of each field that two people changed at once. */
export function ConflictDialog({ mine, theirs, busy, onKeepMine, onKeepTheirs }: ConflictProps) {
  return (
    <Dialog title="Someone else saved this first" onClose={onKeepTheirs} wide>
      <Stack gap={4}>
        <Text as="p" tone="muted">
          Nothing is lost yet. Choose which values stay.
        </Text>
        <Table label="Both values" head={['Field', 'Yours', 'Theirs']}>
          {mine.map(([field, value]) => (
            <tr key={field}>
              <td>{fieldLabel(field)}</td>
              <td>{shown(value)}</td>
              <td>{shown(theirs.get(field))}</td>
            </tr>
          ))}
        </Table>
        <FormActions>
          <Button onClick={onKeepTheirs}>Keep theirs</Button>
          <Button variant="primary" busy={busy} onClick={onKeepMine}>
            Save mine
          </Button>
        </FormActions>
      </Stack>
    </Dialog>
  )
}
