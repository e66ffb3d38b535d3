import { ArrowLeft, ArrowRight, Ellipsis, Lock, Pencil, Share2, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { View } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useSession } from '../shell/session'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Checkbox, entry, Form, FormActions, TextField } from '../ui/form'
import { Row, Stack, Tab, TabLinks, Text } from '../ui/layout'
import { MenuButton, type MenuEntry } from '../ui/menu'
import type { Arrangement } from './columns'
import type { FilterField } from './filter'
import { changed, placeBeside, rigid, toSearch, toViewQuery, useViewActions, useViews, type Asked, type ViewEntity } from './views'

type ViewTabsProps = {
  entity: ViewEntity
  all: string
  fields: FilterField[]
  search: Asked
  /** The columns that are shown now, where the list has any. */
  shown?: Arrangement
  onSearch: (search: Asked) => void
}

/** The views of a list as tabs, with what can be done to the one that is shown. What is shown stands in the address, so that a view is only where one begins. */
export function ViewTabs({ entity, all, fields, search, shown, onSearch }: ViewTabsProps) {
  const views = useViews(entity)
  const view = views.find((v) => v.id === search.view)
  const { canWrite } = useSession()
  const choose = (next: View | undefined) => onSearch(next ? toSearch(next, fields) : {})
  useKeys([{ keys: 'v', label: 'Next view', group: 'This list', run: () => choose(views[view ? views.indexOf(view) + 1 : 0]) }])
  const dirty = changed(search, view, fields)
  return (
    <Row gap={2}>
      <TabLinks label="Views">
        <Tab current={!view} dirty={!view && dirty} onChoose={() => choose(undefined)}>
          {all}
        </Tab>
        {views.map((v) => (
          <Tab key={v.id} current={v.id === view?.id} dirty={v.id === view?.id && dirty} title={v.shared ? 'For everybody' : 'Only for you'} onChoose={() => choose(v)}>
            {v.name}
          </Tab>
        ))}
      </TabLinks>
      {canWrite && <ViewActions entity={entity} fields={fields} search={search} shown={shown} view={view} views={views} dirty={dirty} onSearch={onSearch} />}
    </Row>
  )
}

type ActionsProps = Omit<ViewTabsProps, 'all'> & { view: View | undefined; views: View[]; dirty: boolean }

export function ViewActions({ entity, fields, search, shown, view, views, dirty, onSearch }: ActionsProps) {
  const { isAdmin } = useSession()
  const { create, patch, remove } = useViewActions(entity)
  const [asking, setAsking] = useState<'save' | 'rename'>()
  const mayChange = view !== undefined && (view.mine || isAdmin)
  const query = () => {
    const columns = shown && (shown.columns.length > 0 || Object.keys(shown.widths).length > 0) ? { columns: shown.columns, widths: shown.widths } : {}
    return { ...toViewQuery(search, fields, rigid(view, fields)), ...columns }
  }
  const move = (step: 1 | -1) => {
    const position = view && placeBeside(views, view.id, step)
    if (view && position !== undefined) patch.mutate({ view, body: { position } })
  }
  const menu: (MenuEntry | 'separator')[] = view
    ? [
        { id: 'rename', label: 'Rename', icon: Pencil, disabled: !mayChange, onAction: () => setAsking('rename') },
        { id: 'share', label: view.shared ? 'Keep to myself' : 'Share with everybody', icon: view.shared ? Lock : Share2, disabled: !view.mine, onAction: () => patch.mutate({ view, body: { shared: !view.shared } }) },
        { id: 'left', label: 'Move left', icon: ArrowLeft, disabled: !mayChange || placeBeside(views, view.id, -1) === undefined, onAction: () => move(-1) },
        { id: 'right', label: 'Move right', icon: ArrowRight, disabled: !mayChange || placeBeside(views, view.id, 1) === undefined, onAction: () => move(1) },
        'separator',
        { id: 'delete', label: 'Delete view', icon: Trash2, danger: true, disabled: !mayChange, onAction: () => remove.mutate(view, { onSuccess: () => onSearch({}) }) },
      ]
    : []
  return (
    <Row gap={1}>
      {view && (
        <MenuButton label={`View ${view.name}`} entries={menu} square>
          <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
        </MenuButton>
      )}
      {dirty && view && mayChange && (
        <Button size="small" busy={patch.isPending} onClick={() => patch.mutate({ view, body: { query: query() } }, { onSuccess: (saved) => onSearch(toSearch(saved, fields)) })}>
          Save
        </Button>
      )}
      {dirty && (
        <Button size="small" variant="quiet" onClick={() => setAsking('save')}>
          {view ? 'Save as…' : 'Save as view…'}
        </Button>
      )}
      {dirty && view && (
        <Button size="small" variant="quiet" onClick={() => onSearch(toSearch(view, fields))}>
          Reset
        </Button>
      )}
      {asking === 'save' && (
        <NameDialog
          title="Save as a view"
          action="Save view"
          sharing
          keeps={shown ? 'Keeps the filters, the order, the words and the columns of this list.' : 'Keeps the folder, the filters and the words.'}
          onClose={() => setAsking(undefined)}
          onName={(name, shared) => create.mutate({ name, shared, query: query() }, { onSuccess: (made) => onSearch({ ...search, view: made.id, cols: undefined }) })}
        />
      )}
      {asking === 'rename' && view && (
        <NameDialog title="Rename the view" action="Rename" start={view.name} onClose={() => setAsking(undefined)} onName={(name) => patch.mutate({ view, body: { name } })} />
      )}
    </Row>
  )
}

type NameProps = { title: string; action: string; start?: string; sharing?: boolean; keeps?: string; onClose: () => void; onName: (name: string, shared: boolean) => void }

function NameDialog({ title, action, start, sharing, keeps, onClose, onName }: NameProps) {
  const [shared, setShared] = useState(false)
  const save = (data: FormData) => {
    const name = entry(data, 'name').trim()
    if (!name) return
    onName(name, shared)
    onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} onSubmit={save}>
        <Stack gap={4}>
          <TextField label="Name" name="name" defaultValue={start} required maxLength={60} autoFocus autoComplete="off" />
          {sharing && <Checkbox label="Everybody in the workspace sees it" checked={shared} onChange={setShared} />}
          {sharing && (
            <Text size={12} tone="muted">
              {keeps}
            </Text>
          )}
          <FormActions>
            <Button type="button" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" variant="primary">
              {action}
            </Button>
          </FormActions>
        </Stack>
      </Form>
    </Dialog>
  )
}
