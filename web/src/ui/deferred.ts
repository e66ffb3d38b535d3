import { lazy, type ComponentType, type LazyExoticComponent } from 'react'

/** A component whose script is not part of the first page. It comes when the component is first shown, or before that, once the page stands. */
export function deferred<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  const module = () => load().then((component) => ({ default: component }))
  // Whoever needs it later may have lost the server by then.
  setTimeout(() => void module().catch(() => undefined), 1_500)
  return lazy(module)
}
