import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { belongsElsewhere, KeyRegistry, type Binding } from './keys'

const Keys = createContext(new KeyRegistry())

export function KeysProvider({ children }: { children: ReactNode }) {
  const [registry] = useState(() => new KeyRegistry())
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!belongsElsewhere(event) && registry.press(event)) event.preventDefault()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [registry])
  return <Keys value={registry}>{children}</Keys>
}

/** Binds keys while the component is shown. Keys, labels and groups must not change; what they run may. */
export function useKeys(bindings: Binding[]): void {
  const registry = useContext(Keys)
  const latest = useRef(bindings)
  useEffect(() => {
    latest.current = bindings
  })
  useEffect(() => registry.add(latest.current.map((binding, index) => ({ ...binding, run: () => latest.current[index]?.run() }))), [registry])
}

export function useBindings(): readonly Binding[] {
  const registry = useContext(Keys)
  return useSyncExternalStore(registry.subscribe, registry.list)
}
