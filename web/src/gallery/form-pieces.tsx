import { Plus, Star, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Brand } from '../ui/brand'
import { Button, ButtonGroup, IconButton, TextButton } from '../ui/button'
import { Combobox } from '../ui/combobox'
import { Checkbox, Fieldset, Form, PasswordField, SearchField, Select, SelectField, Switch, TextAreaField, TextField } from '../ui/form'
import { EditableProperty, Properties, Property } from '../ui/inline-edit'
import { Keys } from '../ui/key'
import { Count, Row, TabLinks, Text } from '../ui/layout'
import { Choice, Choices, EntryHead, Fact, Facts, FieldRow, Preview, RowEntry, Rows } from '../ui/rows'
import { Section } from './section'

const nothing = () => {}

export function Buttons() {
  return (
    <Section title="Buttons">
      <Row gap={2} wrap>
        <Button variant="primary">Primary</Button>
        <Button>Secondary</Button>
        <Button variant="quiet">Quiet</Button>
        <Button variant="danger" icon={Trash2}>
          Danger
        </Button>
        <Button variant="primary" busy>
          Busy
        </Button>
        <Button disabled>Disabled</Button>
        <Button size="small" icon={Plus}>
          Small
        </Button>
        <IconButton icon={Star} label="Star" />
        <IconButton icon={Star} label="Star, small" size="small" />
        <TextButton>Text button</TextButton>
      </Row>
      <ButtonGroup label="View">
        <Button aria-pressed size="small">
          All
        </Button>
        <Button size="small">Mail</Button>
        <Button size="small">Changes</Button>
      </ButtonGroup>
      <TabLinks label="Folders, as an example">
        <a href="#one" aria-current="page">
          Needs reply <Count value={12} />
        </a>
        <a href="#two">
          Open <Count value={1240} />
        </a>
      </TabLinks>
      <Row gap={4}>
        <Keys binding="mod+k" />
        <Keys binding="g i" />
        <Brand />
      </Row>
    </Section>
  )
}

export function Fields() {
  const [q, setQ] = useState('')
  const options = [
    { value: 'lead', label: 'Lead' },
    { value: 'customer', label: 'Customer' },
  ]
  return (
    <Section title="Fields">
      <Form label="Example" onSubmit={nothing}>
        <TextField label="Name" placeholder="Placeholder" help="Help stands below." />
        <TextField label="Email" defaultValue="not an address" error="Enter a valid email address." />
        <PasswordField label="Password" autoComplete="new-password" help="The eye shows what is typed." />
        <TextField label="Locked" defaultValue="Cannot be changed" disabled />
        <SelectField label="Status" options={options} />
      </Form>
      <Row gap={4} wrap>
        <Checkbox label="Checkbox" defaultChecked />
        <Switch label="Switch on" defaultChecked />
        <Switch label="Switch off" />
        <Select label="Bare select" options={options} />
      </Row>
      <Fieldset legend="Several">
        <Checkbox label="One" />
        <Checkbox label="Two" disabled />
      </Fieldset>
      <SearchField label="Search" value={q} onChange={setQ} />
      <Properties>
        <EditableProperty label="Title" value="Head of Operations" onSave={nothing} />
        <EditableProperty label="Phone" value="" onSave={nothing} />
        <EditableProperty label="Status" value="lead" shown="Lead" options={options} onSave={nothing} />
        <Property label="Company">Lumen Analytics</Property>
        <Property label="Searched" bare>
          <Combobox label="Company, searched" words={q} onWords={setQ} onChoose={nothing} onLeave={nothing} choices={[{ id: '1', label: 'Lumen Analytics', note: 'lumen.example' }, { id: '2', label: 'Add the company “Lu”', fresh: true }]} />
        </Property>
      </Properties>
    </Section>
  )
}

export function Entries() {
  const [by, setBy] = useState('password')
  return (
    <Section title="Entries and choices">
      <Choices label="How to connect">
        {['Password', 'Google', 'Microsoft'].map((name) => (
          <Choice key={name} title={name} chosen={by === name.toLowerCase()} onChoose={() => setBy(name.toLowerCase())}>
            One of three
          </Choice>
        ))}
        <Choice title="Not here" off="There is no agent for it yet." onChoose={nothing}>
          One that cannot be taken
        </Choice>
      </Choices>
      <FieldRow>
        <TextField label="Server" defaultValue="imap.example.com" />
        <TextField label="Port number" defaultValue="993" error="No answer on this port." />
        <SelectField label="Protection" options={[{ value: 'tls', label: 'TLS' }]} />
      </FieldRow>
      <TextAreaField label="Signature" defaultValue={'Ana Duarte\nLumen'} help="Below every mail." />
      <Preview label="Preview">{'Hello Ben,\n\n-- \nAna Duarte'}</Preview>
      <Rows label="Entries">
        <RowEntry>
          <EntryHead>
            <Text weight={600}>An entry with facts</Text>
            <Button size="small">Action</Button>
          </EntryHead>
          <Facts>
            <Fact label="Messages">12,840</Fact>
            <Fact label="Folders">all</Fact>
          </Facts>
        </RowEntry>
        <RowEntry>
          <Text>The next one</Text>
        </RowEntry>
      </Rows>
    </Section>
  )
}
