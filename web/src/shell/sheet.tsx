import { Dialog } from '../ui/dialog'
import { Keys } from '../ui/key'
import { useBindings } from './keys-provider'
import css from './shell.module.css'

/** Every key that is bound right now, by group. */
export function KeySheet({ onClose }: { onClose: () => void }) {
  const bindings = useBindings()
  const seen = new Set<string>()
  const current = bindings.filter((b) => !seen.has(b.keys) && seen.add(b.keys))
  const groups = Map.groupBy(current, (b) => b.group)
  return (
    <Dialog title="Keyboard" onClose={onClose} wide>
      <div className={css.sheet}>
        {[...groups].map(([group, entries]) => (
          <section key={group} className={css.sheetGroup}>
            <h3>{group}</h3>
            {entries.map((b) => (
              <div key={b.keys} className={css.sheetRow}>
                <span>{b.label}</span>
                <Keys binding={b.keys} />
              </div>
            ))}
          </section>
        ))}
      </div>
    </Dialog>
  )
}
